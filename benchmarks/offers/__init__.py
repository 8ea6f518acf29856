"""Benchmarks on offers of the same product by several shops."""
