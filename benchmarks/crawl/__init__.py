"""Crawls of the demo mall, measured."""
