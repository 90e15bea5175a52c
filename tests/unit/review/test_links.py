"""Links to files: pictures and videos open in the browser, documents are kept by it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.events import ObjectRef
from services.review.links import SignedLinks

STORED = ObjectRef(bucket="laurel-materials", key="ab/abc", size=9)


@pytest.mark.parametrize(
    ("kind", "how", "content_type"),
    [
        ("PDF", "attachment", "application/pdf"),
        ("JPEG", "inline", "image/jpeg"),
        ("MP4", "inline", "video/mp4"),
    ],
)
def test_a_document_is_kept_as_a_file_and_a_picture_is_shown(kind: str, how: str, content_type: str) -> None:
    links = SignedLinks("http://127.0.0.1:9", "key", "secret")

    asked = parse_qs(urlsplit(links.link(STORED, "推荐表.pdf", kind)).query)

    assert asked["response-content-disposition"][0].startswith(f"{how}; filename*=UTF-8''%E6%8E%A8")
    assert asked["response-content-type"] == [content_type]
    assert asked["X-Amz-Expires"] == ["3600"]
