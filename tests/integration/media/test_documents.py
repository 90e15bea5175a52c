"""A scanned form from its upload to its verdict and its preview, which is nobody's to browse."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from tests.integration.media.rig import Rig
from tests.media_corpus import papers

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]


@pytest.mark.parametrize(
    ("content", "form"), [(papers.paper(pages=2), "PDF"), (papers.scan(), "JPEG")], ids=["pdf", "jpeg"]
)
def test_sound_document_is_kept_under_its_digest_and_previewed_in_private(
    lasting: Rig, content: bytes, form: str
) -> None:
    digest = hashlib.sha256(content).hexdigest()

    row = lasting.rendered(lasting.submit(content, "proof"))

    assert row["facts"]["format"] == form
    assert row["facts"]["pages"] == (2 if form == "PDF" else 1)
    assert row["object"]["key"] == f"{digest[:2]}/{digest}"
    assert lasting.get(row["object"]) == content
    assert row["rendition"] == f"preview/{digest}.jpg"
    shown = lasting.get({"bucket": "laurel-materials", "key": row["rendition"]})
    with Image.open(io.BytesIO(shown), formats=["JPEG"]) as picture:
        assert picture.height > picture.width
    assert lasting.keys_below("laurel-public", digest) == []
    assert lasting.keys_below("laurel-quarantine", row["upload"]["key"]) == []


def test_document_with_a_script_is_refused_with_a_sentence_and_kept_nowhere(lasting: Rig) -> None:
    content = papers.paper(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
    digest = hashlib.sha256(content).hexdigest()

    row = lasting.verdict(lasting.submit(content, "proof"))

    (finding,) = row["findings"]
    assert (row["state"], finding["slug"]) == ("rejected", "active-content")
    assert finding["figures"] == {"given": ["javascript", "automatic"]}
    assert lasting.keys_below("laurel-materials", f"{digest[:2]}/{digest}") == []
