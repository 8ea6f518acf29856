"""Pretrained encoders as torch modules, for fine-tuning and for the exporter's bundles."""
