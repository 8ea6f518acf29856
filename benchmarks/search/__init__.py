"""Measures how well a shop's items are found by words: each channel alone, and fused."""
