"""Search: what a query's words, image and taste find in a shop."""
