"""Packs: the catalogue of a shop as static files that a device downloads whole."""
