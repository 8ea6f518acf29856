"""Shared plumbing of every room: whole-file writes, contracts, item text, the image rule, progress and the version."""
