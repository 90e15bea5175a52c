"""QR codes."""

from __future__ import annotations

import io

import segno


def svg_of(link: str) -> str:
    """A code as SVG, with the quiet zone that scanners ask for; empty for no link."""
    if not link:
        return ""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False, boost_error=False).save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()


def png_of(link: str) -> bytes:
    """The same as PNG, for word processors."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False, boost_error=False).save(out, kind="png", scale=8, border=2)
    return out.getvalue()
