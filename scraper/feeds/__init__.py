"""Product feeds that shops publish: whole catalogues in a few requests, as the same Products that pages give."""
