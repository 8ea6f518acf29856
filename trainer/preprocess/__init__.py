"""Preprocessing of texts, images and numbers: pure functions, one concept a file."""
