"""Media's worker as a process, and everything around it seen from outside. Used by tests and by the bench."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psutil
import psycopg
from minio import Minio
from psycopg.rows import dict_row

from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import CAMPAIGNS, load_definition
from contracts.catalog import dead_queue_of, queue_of
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.events import CampaignPublishedV1, Event, MaterialUploadedV1, ObjectRef
from infra.bus import broker, topology
from infra.bus.publisher import Publisher, publish_one
from infra.bus.wire import Parcel, any_properties
from infra.stack.process import free_ports
from infra.store.buckets import QUARANTINE
from infra.store.migrate import upgrade
from tests.media_corpus.case import document_rule

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
DELAYS = (0.2, 0.3, 0.4, 0.5)


def eventually(look: Callable[[], T], *, seconds: float = 30.0, what: str = "", every: float = 0.02) -> T:
    """The first true answer of `look`; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"did not come about in {seconds:g} s: {what or look} (last: {answer!r})"
        time.sleep(every)


def envelope_of(event: Event, subject: str, producer: str = "intake") -> Envelope:
    return Envelope(
        source=f"/laurel/{producer}",
        type=event.TYPE,
        subject=subject,
        correlationid=subject,
        data=event.model_dump(mode="json"),
    )


class Rig:
    """A broker with the topology, media's migrated database, storage, a campaign; what intake would do."""

    def __init__(self, amqp_url: str, dsn: str, client: Minio, endpoint: str, keys: tuple[str, str]) -> None:
        self.amqp_url, self.dsn, self.client, self.endpoint, self.keys = amqp_url, dsn, client, endpoint, keys
        upgrade(dsn, "services.media")
        topology.declare(amqp_url, DELAYS)
        self.campaign = f"media-{uuid4().hex[:12]}"

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """A connection for the moment: nobody would answer the heartbeats of one that is kept."""
        connection = broker.connect(self.amqp_url)
        try:
            yield connection
        finally:
            broker.close(connection, politely=True)

    def send(
        self, event: Event, subject: str, *, producer: str = "intake", envelope: Envelope | None = None
    ) -> Envelope:
        """Put an event into media's queue, as the relay does."""
        envelope = envelope or envelope_of(event, subject, producer)
        self._publish([envelope])
        return envelope

    def send_all(self, events: Iterable[tuple[Event, str]], *, lane: str = "") -> None:
        """Many at once: (event, subject)."""
        self._publish([envelope_of(event, subject) for event, subject in events], lane)

    def _publish(self, envelopes: list[Envelope], lane: str = "") -> None:
        with self._connected() as connection:
            publisher = Publisher(connection)
            for envelope in envelopes:
                body = envelope.model_dump_json(exclude_none=True).encode()
                properties = any_properties({"content_type": CONTENT_TYPE, "message_id": str(envelope.id)}, {})
                queue = queue_of("media", envelope.type, lane)
                publish_one(publisher, Parcel("", queue, properties, body, str(envelope.id)))

    def definition(self) -> CampaignDefinition:
        """The national showcase of 2017, whose entries may bring a scanned proof as well."""
        shipped = load_definition(CAMPAIGNS / "cls-2017.yaml")
        proof = document_rule(formats=("PDF", "JPEG"))
        categories = tuple(one.model_copy(update={"materials": (*one.materials, proof)}) for one in shipped.categories)
        return shipped.model_copy(update={"id": self.campaign, "categories": categories})

    def open_campaign(self, version: int = 1) -> None:
        event = CampaignPublishedV1(
            campaign_id=self.campaign,
            version=version,
            definition=self.definition().model_dump(mode="json"),
            published_at=datetime.now(UTC),
        )
        self.send(event, self.campaign)

    def put(self, content: bytes, key: str | None = None) -> ObjectRef:
        """As a browser does by the upload link; the same key again overwrites."""
        key = key or f"{self.campaign}/{uuid4()}"
        self.client.put_object(QUARANTINE, key, io.BytesIO(content), len(content))
        return ObjectRef(bucket=QUARANTINE, key=key, size=len(content))

    def uploaded(self, ref: ObjectRef, kind: str = "photo", *, version: int = 1) -> MaterialUploadedV1:
        return MaterialUploadedV1(
            material_id=uuid4(),
            entry_id=uuid4(),
            campaign_id=self.campaign,
            campaign_version=version,
            category="story",
            unit_code="u1",
            kind=kind,
            name="照片.jpg",
            object=ref,
            uploaded_at=datetime.now(UTC),
        )

    def submit(self, content: bytes, kind: str = "photo") -> UUID:
        """Upload, and say so; returns the material's id."""
        event = self.uploaded(self.put(content), kind)
        self.send(event, str(event.entry_id))
        return event.material_id

    def rows(self, statement: str, *arguments: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(statement, arguments or None).fetchall()

    def material(self, material_id: UUID) -> dict[str, Any] | None:
        found = self.rows("SELECT * FROM materials WHERE material_id = %s", material_id)
        return found[0] if found else None

    def verdict(self, material_id: UUID, *, seconds: float = 30.0) -> dict[str, Any]:
        found = eventually(lambda: self.material(material_id), seconds=seconds, what=f"a verdict on {material_id}")
        assert found is not None
        return found

    def rendered(self, material_id: UUID) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.material(material_id)
            return found if found is not None and found["rendition"] else None

        found = eventually(look, what=f"a rendition of {material_id}")
        assert found is not None
        return found

    def events_of(self, material_id: UUID) -> list[dict[str, Any]]:
        """Events written about a material, as on the wire."""
        found = self.rows("SELECT body FROM outbox ORDER BY seq")
        events = (json.loads(row["body"]) for row in found)
        return [event for event in events if event["data"].get("material_id") == str(material_id)]

    def get(self, ref: dict[str, Any]) -> bytes:
        answer = self.client.get_object(ref["bucket"], ref["key"])
        try:
            content: bytes = answer.read()
            return content
        finally:
            answer.close()
            answer.release_conn()

    def keys_below(self, bucket: str, folder: str) -> list[str]:
        return [str(found.object_name) for found in self.client.list_objects(bucket, folder, recursive=True)]

    def depth(self, queue: str) -> int:
        with self._connected() as connection:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)

    def purge(self, queue: str) -> None:
        """Drop what waits in it."""
        with self._connected() as connection:
            connection.channel().queue_purge(queue)

    def dead(self) -> int:
        return self.depth(dead_queue_of("media"))


class WorkerProcess:
    """`python -m services.media worker`."""

    def __init__(self, rig: Rig, log: Path, **environment: str) -> None:
        (self.port,) = free_ports(1)
        self.log = log
        settings = {
            "AMQP_URL": rig.amqp_url,
            "LAUREL_DATABASE_DSN": rig.dsn,
            "LAUREL_S3_ENDPOINT": rig.endpoint,
            "LAUREL_S3_ACCESS_KEY": rig.keys[0],
            "LAUREL_S3_SECRET_KEY": rig.keys[1],
            "LAUREL_HEALTH_PORT": str(self.port),
            "LAUREL_RETRY_DELAYS": ",".join(map(str, DELAYS)),
        }
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.media", "worker"],
                cwd=ROOT,
                env={**os.environ, **settings, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of its health server; 0 if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def until_ready(self) -> WorkerProcess:
        eventually(lambda: self.get("/ready")[0] == 200, seconds=120, what="the media worker is ready", every=0.1)
        return self

    def metric(self, name: str, **labels: str) -> float:
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name) and all(label in line for label in wanted):
                return float(line.rpartition(" ")[2])
        return 0.0

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = (json.loads(text) for text in self.log.read_text().splitlines() if text.startswith("{"))
        return [line for line in found if line["event"] == event]

    def children(self) -> list[psutil.Process]:
        """The pool's processes."""
        return list(psutil.Process(self.process.pid).children())

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def workers(rig: Rig, folder: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """A function that starts workers; all are ended afterwards."""
    started: list[WorkerProcess] = []

    def start(**environment: str) -> WorkerProcess:
        started.append(WorkerProcess(rig, folder / f"media-worker-{len(started)}.log", **environment))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.end()
