"""Links by which a browser fetches a file straight from object storage. Signed here, without asking the storage."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlsplit

from contracts.events import ObjectRef
from infra.store.buckets import storage_client

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WebP": "image/webp",
    "MP4": "video/mp4",
    "MOV": "video/quicktime",
    "PDF": "application/pdf",
}
_KEPT = frozenset({"PDF"})
LIFETIME = timedelta(hours=1)


class SignedLinks:
    """services.review.ports.Links, on the endpoint that browsers use."""

    def __init__(self, public_endpoint: str, access_key: str, secret_key: str) -> None:
        parts = urlsplit(public_endpoint)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._client = storage_client(public_endpoint, access_key, secret_key)

    def link(self, stored: ObjectRef, name: str, kind: str = "") -> str:
        """A link that ends after an hour; the browser keeps the file under the name its owner gave.

        `kind`: the format by content. A document is kept by the browser as a file, and not opened in it.
        """
        shown = "attachment" if kind in _KEPT else "inline"
        return self._client.presigned_get_object(
            stored.bucket,
            stored.key,
            expires=LIFETIME,
            response_headers={
                "response-content-disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
                **({"response-content-type": CONTENT_TYPES[kind]} if kind in CONTENT_TYPES else {}),
            },
        )
