"""Splits: rules, evaluation cases, files and leakage checks."""
