"""What a batch hands over: products as JSON Lines and Parquet, changes since last time, a summary, and a report."""
