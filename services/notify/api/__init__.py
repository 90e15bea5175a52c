"""Notify's HTTP api: contacts, one's own messages, and what the secretariat sees of the sending."""

from services.notify.api.app import create

__all__ = ["create"]
