"""How the taste vector and the list answer a dismissal, kinds, recency and repeats."""
