"""Candidates of a shared server: part of a shop's catalogue as a pack, for a device that ranks it itself."""
