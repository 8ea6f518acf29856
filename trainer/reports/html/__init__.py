"""report.html: what a run came to, on one page that asks nobody for anything."""
