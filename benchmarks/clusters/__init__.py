"""Recall and re-identification of a shared server: `python -m benchmarks.clusters`."""
