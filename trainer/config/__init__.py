"""Configuration of a run, read from one TOML file and validated."""
