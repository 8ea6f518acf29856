"""Shop pages to Products: polite, resumable batch jobs over a pure extraction function."""

from scraper.extraction.extract import extract_product
from scraper.values.product import Product

__all__ = ["Product", "extract_product"]
