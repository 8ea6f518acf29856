"""Readers for published data set formats, which `prepare` converts to the project's own format.

`python -m trainer prepare --format NAME SRC... --out DIR` writes products.jsonl, interactions.csv and
images/{itemId}.jpg from any of them. A format is a function from paths to a `Source`.
"""
