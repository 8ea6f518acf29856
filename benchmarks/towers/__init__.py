"""Baselines and towers that rank items for users; `python -m benchmarks.towers` runs measure."""
