"""The page to try everything on."""
