"""Who the server is to a browser: its key, pairing, and the encrypted channel (docs/pairing.md)."""
