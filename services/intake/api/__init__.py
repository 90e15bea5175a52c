"""Intake over HTTP: parse, call a use case, answer."""
