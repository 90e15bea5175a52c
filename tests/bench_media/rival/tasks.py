"""`celery -A tests.bench_media.rival.tasks worker`: checks uploads, keeps what is accepted, tells what it found."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from celery import Celery
from minio import Minio
from minio.commonconfig import CopySource
from psycopg.types.json import Jsonb

from infra.store.buckets import MATERIALS, QUARANTINE
from tests.bench_media.rival.check import check

app = Celery("rival", broker=os.environ["AMQP_URL"])
app.conf.update(task_acks_late=True, task_ignore_result=True, task_time_limit=120, worker_hijack_root_logger=False)


@cache
def _storage() -> Minio:
    parts = urlsplit(os.environ["LAUREL_S3_ENDPOINT"])
    keys = os.environ["LAUREL_S3_ACCESS_KEY"], os.environ["LAUREL_S3_SECRET_KEY"]
    return Minio(parts.netloc, *keys, secure=parts.scheme == "https", region="us-east-1")


@cache
def _database() -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(os.environ["LAUREL_DATABASE_DSN"], autocommit=True)


@app.task(name="rival.judge")  # type: ignore[untyped-decorator]  # Celery ships no types
def judge(material: str, key: str, kind: str, size: int, rule: dict[str, Any]) -> None:
    began = time.perf_counter()
    if kind == "photo":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "photo"
            _storage().fget_object(QUARANTINE, key, str(path))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            problems = check(str(path), kind, size, rule)
        kept = f"rival/{digest}"
    else:
        link = _storage().presigned_get_object(QUARANTINE, key, timedelta(minutes=10))
        digest, problems = None, check(link, kind, size, rule)
        kept = f"rival/{material}"
    if not problems:
        _storage().copy_object(MATERIALS, kept, CopySource(QUARANTINE, key))
    _database().execute(
        "INSERT INTO rival_verdicts (material, problems, sha256, seconds) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [material, Jsonb(problems), digest, time.perf_counter() - began],
    )
