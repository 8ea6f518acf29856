"""Product images drawn by code: a silhouette per category, filled with a pattern in the product's colours."""

from demo.mall.drawings.drawing import encode, image_name

__all__ = ["encode", "image_name"]
