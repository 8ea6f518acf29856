"""Readers of the data that pages embed in scripts."""
