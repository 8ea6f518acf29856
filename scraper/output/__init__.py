"""Outputs of a crawl: products as JSON Lines and Parquet, changes since the last round, a summary and a report."""
