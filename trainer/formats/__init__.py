"""Data sets as others publish them, each read once and turned into what all else reads.

`python -m trainer prepare --format NAME SRC... --out DIR` makes products.jsonl, interactions.csv and
images/{itemId}.jpg of any of them. A format is a function from paths to a `Source`.
"""
