"""All pages of review, in their frame."""

from __future__ import annotations

from fastapi import FastAPI

from infra.web.app import include
from services.review.pages import assessments, cases, home, lists, panel, papers, public, rulings
from services.review.pages.shell import add_shell


def add_to(app: FastAPI, *, secret: bytes, public_key_pem: str, storage: str) -> None:
    """Add the pages, their frame and their static files to review's application."""
    include(app, public.router, home.router, cases.router, rulings.router)
    include(app, assessments.router, papers.router, panel.router, lists.router)
    add_shell(app, secret, public_key_pem, storage)
