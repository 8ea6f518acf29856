"""Turns encoders and towers into a bundle: a directory of ONNX files with a manifest, proven before it is named."""
