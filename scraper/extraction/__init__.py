"""From a page to a Product: readers of each syntax, and what combines them."""
