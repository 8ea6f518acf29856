"""Encoders of a bundle, from products to item vectors, for the trainer, the exporter and the server."""
