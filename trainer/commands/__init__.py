"""The commands of `python -m trainer`, a file each with `add(commands)`."""
