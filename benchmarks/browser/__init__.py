"""What a browser pays for a bundle, in Chromium and Firefox with the real extension."""
