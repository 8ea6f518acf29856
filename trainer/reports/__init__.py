"""Reports of runs: JSON, terminal tables, slices, comparisons and HTML."""
