"""How well the extension ranks the page in front of a shopper, with no server."""
