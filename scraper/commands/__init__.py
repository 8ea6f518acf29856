"""The commands of `python -m scraper`, one file each."""
