"""Readers of data that pages embed in scripts."""
