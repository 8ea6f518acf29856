"""Reports of a run: JSON, terminal tables, slices, comparisons and HTML."""
