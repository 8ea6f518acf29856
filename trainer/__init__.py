"""Products and interactions in, a checkpoint of two towers out."""
