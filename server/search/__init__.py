"""Retrieval: indexes, snapshots, replicas, filters and ranking."""
