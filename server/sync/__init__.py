"""What browsers of one shopper keep here for each other: opaque to the server (docs/sync.md)."""
