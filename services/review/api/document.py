"""The OpenAPI document, made without a database."""

from __future__ import annotations

from infra.store import Database
from infra.web.openapi import document
from infra.web.principal import TokenVerifier
from services.review.api.build import build
from services.review.api.context import Context
from services.review.app import Review
from services.review.flow import FlowBalancer
from services.review.links import SignedLinks


def document_of_review() -> str:
    """The document as text. Nothing is connected to: an engine connects when it is first used."""
    database = Database("postgresql://nobody@127.0.0.1/none", name="review-document")
    links = SignedLinks("http://127.0.0.1", "", "")
    return document(build(Context(Review(database), links, FlowBalancer()), TokenVerifier("")))
