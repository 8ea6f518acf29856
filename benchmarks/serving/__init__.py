"""The serving benchmark: this server beside others, over the same catalogue, in one run."""
