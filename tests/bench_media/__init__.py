"""Measurements of media that stand beside `make bench`: how well likes are found, and how fast among many."""
