"""Build tools of the kernel: programs that write files which are committed."""
