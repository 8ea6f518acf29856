"""Shared plumbing of every room: whole-file writes, contracts, item text, the image rule, progress and the version.

A kernel module imports the standard library, numpy, Pillow, jsonschema and rich, and never a room.
"""
