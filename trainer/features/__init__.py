"""Item features: encoder outputs, pixels, tokens and bags of words; the slow ones are cached on disk."""
