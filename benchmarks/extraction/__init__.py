"""Extraction measured on saved product pages; `python -m benchmarks.extraction` runs accuracy."""
