"""A shop's own catalogue, read and ranked on the device: hits in the demo mall, and time for a large catalogue."""
