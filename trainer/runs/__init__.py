"""Runs: training, tuning, the epoch loop and experiment tracking."""
