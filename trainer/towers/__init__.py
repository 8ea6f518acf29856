"""Towers: torch modules that turn encoder outputs into item embeddings and histories into user embeddings.

Every item tower has `forward(text, image, modality_mask) -> embedding` and every user tower has
`forward(items, kinds, ages_days, item_mask) -> embedding`, so that the exporter can treat all of them alike.
"""
