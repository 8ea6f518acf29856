"""Values and their rules: price, GTIN, text, identity and Product."""
