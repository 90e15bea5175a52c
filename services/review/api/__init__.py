"""Review's HTTP api: parse, call a use case, render."""

from services.review.api.build import build

__all__ = ["build"]
