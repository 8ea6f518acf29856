"""Training objectives: learners, losses, negatives, optimisers and pairs."""
