"""Bundles and encoders: products to embeddings."""
