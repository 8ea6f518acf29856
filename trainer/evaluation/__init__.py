"""Evaluation: ranking protocol, metrics, statistics and recommendations."""
