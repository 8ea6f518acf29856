"""Product pictures drawn by code: a silhouette per category, filled with a pattern in the product's colours."""

from demo.mall.drawings.drawing import encode, picture_name

__all__ = ["encode", "picture_name"]
