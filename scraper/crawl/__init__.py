"""Polite, resumable crawls: fetch to immutable stored pages first, extract from them afterwards."""
