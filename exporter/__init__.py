"""Exporter of encoders and towers to a bundle: ONNX files with a manifest, verified before publication."""
