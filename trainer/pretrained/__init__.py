"""Pretrained encoders as torch modules: what may be fine-tuned, and what the exporter turns into bundles."""
