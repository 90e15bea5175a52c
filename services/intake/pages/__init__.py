"""Intake's pages: parse, call a use case, show."""
