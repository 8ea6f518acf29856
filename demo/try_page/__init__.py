"""The try page, which shows the extension's modules at work without installing it."""
