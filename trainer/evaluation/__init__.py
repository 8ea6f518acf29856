"""Ranking protocol, metrics and statistics."""
