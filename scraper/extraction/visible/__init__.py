"""Readers of what a person sees on a page."""
