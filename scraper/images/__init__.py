"""Product images: asked for politely, checked before they are believed, kept once by content."""
