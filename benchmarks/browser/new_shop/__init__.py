"""Real browsers at a shop that is new to the shopper."""
