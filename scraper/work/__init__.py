"""Files, progress and parallel work."""
