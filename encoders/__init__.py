"""Products to item vectors by a bundle; the trainer, the exporter and the server share this code."""
