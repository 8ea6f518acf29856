"""One blueprint per resource of openapi.yaml."""
