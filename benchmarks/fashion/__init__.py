"""Benchmarks on the Fashion Product Images."""
