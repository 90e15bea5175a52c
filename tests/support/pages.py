"""What a browser without scripts sends and reads."""

from __future__ import annotations

import re
from html import unescape

_AGENT = "Mozilla/5.0 (Windows NT 10.0) Firefox/140"
AS_OUR_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "User-Agent": _AGENT}
"""The headers of a request that a page of ours makes."""


def hidden(html: str, target: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to `target`."""
    form = re.search(rf'<form[^>]* action="{re.escape(target)}".*?</form>', html, re.DOTALL)
    assert form, f"no form for {target} in {html}"
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    return {unescape(name): unescape(value) for name, value in found}
