"""Commands of `python -m scraper`, one file each: `add_parser` declares the arguments, `run` does the work."""
