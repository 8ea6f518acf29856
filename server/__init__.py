"""Bundle and products in, recommendations out: Flask, ONNX Runtime and hnswlib; never torch."""
