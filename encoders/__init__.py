"""A bundle's encoders in ONNX Runtime: products to item vectors, for the trainer, the exporter and the server."""
