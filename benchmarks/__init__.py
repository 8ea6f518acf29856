"""Measured claims: each module is one command and commits one file under results/."""
