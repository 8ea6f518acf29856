"""Readers of the visible page: texts, elements named for their content, and buttons."""
