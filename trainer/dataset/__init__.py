"""Products and interactions in memory, as every model reads them."""
