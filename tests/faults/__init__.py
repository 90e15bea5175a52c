"""Faults while events flow: `python -m tests.faults`; the reliability rows, each with a bar that can be missed."""
