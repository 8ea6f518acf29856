"""Item features: encoder outputs, pixels, tokens and bags of words, cached on disk."""
