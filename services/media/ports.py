"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from contracts.campaign import MaterialRule
from contracts.events import MaterialAcceptedV1, MaterialPlace, MaterialUploadedV1, ObjectRef
from infra.bus.messages import Message
from services.media.domain import CampaignRules, State, Verdict
from services.media.pool import Answer, Reader
from services.media.renditions import Shown
from services.media.resemblance import Candidate, Looks, Resemblances

Delivery = Message
"""One delivery of one event."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole object that was read."""

    size: int
    etag: str


class CountedReader(Reader, Protocol):
    """A reader that knows what it cost."""

    requests: int
    bytes: int


class Objects(Protocol):
    """Object storage. All raise StorageError; those that read raise MissingFileError."""

    def fetch(self, ref: ObjectRef, put: Callable[[bytes], object], most: int) -> Fetched | None:
        """Read all of an object, a chunk at a time; None, and nothing put, if it has more than `most` bytes."""
        ...

    def reader(self, ref: ObjectRef) -> CountedReader:
        """Ranges of an object."""
        ...

    def pour(self, ref: ObjectRef, put: Callable[[bytes], object]) -> None:
        """All of an object, a piece at a time."""
        ...

    def digest(self, ref: ObjectRef) -> str:
        """SHA-256 of a whole object, read through once."""
        ...

    def copy(self, source: ObjectRef, key: str, *, etag: str | None = None) -> ObjectRef:
        """A copy among the materials. Raises ChangedMeanwhileError if `etag` is given and is not the source's."""
        ...

    def publish(self, key: str, content: bytes, content_type: str) -> None:
        """Put a public rendition."""
        ...

    def keep(self, key: str, content: bytes) -> None:
        """Put a picture among the materials, where nobody looks without a link."""
        ...

    def remove(self, ref: ObjectRef) -> None:
        """No matter whether it is there."""
        ...

    def keep_only(self, folder: str, ref: ObjectRef) -> None:
        """Remove everything in a folder of the materials but `ref`."""
        ...


class Desk(Protocol):
    """A place in the pool."""

    @property
    def sha256(self) -> str: ...

    def put(self, chunk: bytes) -> None: ...

    def pour(self, put: Callable[[bytes], object]) -> None:
        """All of what was put, a piece at a time."""
        ...

    def clear(self) -> None: ...

    def run(self, do: str, arguments: dict[str, Any], reader: Reader | None = None) -> Answer:
        """Raises WorkDiedError, PoolError, and what the reader raises."""
        ...


class Workshop(Protocol):
    """The pool of child processes."""

    def slot(self, deference: float = 0.0) -> AbstractContextManager[Desk]: ...

    def urgent(self) -> AbstractContextManager[None]:
        """Somebody waits for a verdict."""
        ...


Pour = Callable[[Callable[[bytes], object]], object]
"""Gives all of a file, a piece at a time, to the function that it is called with."""


class Scanner(Protocol):
    """Looks for viruses."""

    def ready(self) -> None:
        """Raises ScannerAwayError: before anything is read for nothing."""
        ...

    def scan(self, pour: Pour) -> str | None:
        """The name of what was found; None if nothing was. Raises ScannerError, and what `pour` raises."""
        ...


class NoScanner:
    """Where none is configured."""

    def ready(self) -> None:
        return

    def scan(self, pour: Pour) -> str | None:  # noqa: ARG002 - the port's signature
        return None


class Store(Protocol):
    """Media's own database. What writes does so once for each delivery, in one transaction with its inbox row."""

    def rules(self, campaign_id: str, version: int) -> CampaignRules:
        """Raises RulesUnknownError."""
        ...

    def keep_rules(self, delivery: Delivery[Any], rules: CampaignRules) -> None: ...

    def state(self, material_id: UUID) -> State | None: ...

    def settle(self, delivery: Delivery[Any]) -> None:
        """Nothing is left to do about this delivery."""
        ...

    def record(self, delivery: Delivery[MaterialUploadedV1], verdict: Verdict) -> bool:
        """The verdict and its event; False, and no event, if the material has a verdict already."""
        ...

    def identify(self, material_id: UUID, sha256: str, looks: Looks | None) -> None:
        """Let the material be found by what file it is, and how it looks, from now on. The same again changes nothing.

        `sha256`: of the immutable copy.
        """
        ...

    def candidates(self, looks: Looks, own: str) -> tuple[list[Candidate], bool]:
        """Other pictures with hashes like this one's, the nearest first, and whether there may be more.

        `own`: the SHA-256 of the picture itself. Takes a bounded time, whatever there is.
        """
        ...

    def places(self, digests: Sequence[str], own: UUID) -> list[MaterialPlace]:
        """Where files of these SHA-256 stand, in this order, but for the material itself; a bounded number."""
        ...

    def rendered(self, delivery: Delivery[MaterialAcceptedV1], shown: Shown, alike: Resemblances) -> None:
        """Public renditions were made, and are told of, once; and so is each pair of materials that are alike."""
        ...

    def forget_captures(self, older_than: timedelta) -> int:
        """Forget what cameras wrote down, once it was kept so long; returns of how many photos."""
        ...

    def previewed(self, delivery: Delivery[MaterialAcceptedV1], key: str, alike: Resemblances) -> None:
        """A picture of a document's first page was made; of it nobody is told, since documents are not public."""
        ...

    def rule_of(self, material_id: UUID) -> MaterialRule | None:
        """The rule that a material was judged by."""
        ...

    def upload_of(self, material_id: UUID) -> ObjectRef | None:
        """Where the upload of an accepted material landed."""
        ...
