"""The catalogue: accepted items with their embeddings."""
