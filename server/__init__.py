"""Recommendation server over a bundle and products: Flask, ONNX Runtime and hnswlib; never torch."""
