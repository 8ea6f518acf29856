"""Matrix of backbones: which encoders load, read their inputs as their own processors do, and export."""
