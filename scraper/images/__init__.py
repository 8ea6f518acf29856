"""Product images: fetched politely, checked, and stored once by content."""
