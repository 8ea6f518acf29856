"""Commands of `python -m trainer`, one module each, with a function `add(commands)`."""
