"""Readers of structured markup: JSON-LD, microdata, RDFa and OpenGraph."""
