"""What the platform relies on in the object storage: it enforces everything that a presigned POST says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from minio.datatypes import PostPolicy

from infra.stack.process import free_ports
from infra.stack.seaweed import PORTS, new_seaweed
from tests.support.servers import S3, Servers

BUCKET = "laurel-quarantine"


def _form(s3: S3, key: str, *, lifetime: timedelta = timedelta(minutes=5)) -> dict[str, str]:
    policy = PostPolicy(BUCKET, datetime.now(UTC) + lifetime)
    policy.add_equals_condition("key", key)
    policy.add_equals_condition("Content-Type", "image/jpeg")
    policy.add_content_length_range_condition(1, 100)
    return {**s3.client().presigned_post_policy(policy), "key": key, "Content-Type": "image/jpeg"}


def _post(s3: S3, form: dict[str, str], body: bytes, **changed: str) -> httpx.Response:
    return httpx.post(
        f"{s3.endpoint}/{BUCKET}",
        data={**form, **changed},
        files={"file": ("photo.jpg", body, "image/jpeg")},
        headers={"Origin": "http://desk.example"},
        trust_env=False,
    )


def _stored(s3: S3, prefix: str) -> dict[str, int]:
    return {
        one.object_name or "": one.size or 0 for one in s3.client().list_objects(BUCKET, prefix=prefix, recursive=True)
    }


def test_presigned_post_stores_the_file_under_the_exact_key(s3: S3) -> None:
    prefix = s3.prefix()
    answer = _post(s3, _form(s3, f"{prefix}a.jpg"), b"x" * 100)
    assert answer.status_code == 204, answer.text
    assert _stored(s3, prefix) == {f"{prefix}a.jpg": 100}


def test_presigned_post_lets_pages_of_other_origins_read_the_answer(s3: S3) -> None:
    answer = _post(s3, _form(s3, f"{s3.prefix()}a.jpg"), b"x")
    assert answer.headers["access-control-allow-origin"] in {"*", "http://desk.example"}


def test_preflight_of_a_page_is_answered(s3: S3) -> None:
    answer = httpx.options(
        f"{s3.endpoint}/{BUCKET}",
        headers={"Origin": "http://desk.example", "Access-Control-Request-Method": "POST"},
        trust_env=False,
    )
    assert answer.status_code in {200, 204}
    assert answer.headers["access-control-allow-origin"] in {"*", "http://desk.example"}


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"key": "somebody-elses.jpg"}, b"x"),
        ({"Content-Type": "text/html"}, b"x"),
        ({}, b"x" * 101),
        ({}, b""),
        ({"x-amz-signature": "0" * 64}, b"x"),
    ],
    ids=["another-key", "another-type", "one-byte-too-long", "empty", "forged"],
)
def test_presigned_post_refuses_what_its_policy_does_not_say(s3: S3, changed: dict[str, str], body: bytes) -> None:
    prefix = s3.prefix()
    answer = _post(s3, _form(s3, f"{prefix}a.jpg"), body, **changed)
    assert 400 <= answer.status_code < 500
    assert _stored(s3, prefix) == {}
    assert _stored(s3, "somebody-elses.jpg") == {}


def test_presigned_post_expires(s3: S3) -> None:
    prefix = s3.prefix()
    answer = _post(s3, _form(s3, f"{prefix}a.jpg", lifetime=timedelta(seconds=-1)), b"x")
    assert answer.status_code == 403
    assert _stored(s3, prefix) == {}


@pytest.mark.parametrize("bucket", ["laurel-quarantine", "laurel-materials", "laurel-public"])
def test_nobody_reads_or_lists_without_keys(s3: S3, bucket: str) -> None:
    key = f"{s3.prefix()}a.jpg"
    upload = httpx.put(f"{s3.endpoint}/{bucket}/{key}", content=b"x", trust_env=False)
    assert upload.status_code == 403
    assert httpx.get(f"{s3.endpoint}/{bucket}/{key}", trust_env=False).status_code in {403, 404}
    assert httpx.get(f"{s3.endpoint}/{bucket}/", trust_env=False).status_code == 403


def test_other_ports_of_the_server_give_no_object_away(s3: S3) -> None:
    secret = uuid4().hex.encode()
    key = f"{s3.prefix()}secret"
    form = _form(s3, key)
    assert _post(s3, form, secret).status_code == 204
    for port in s3.server.ports[1:]:
        for path in (f"/buckets/{BUCKET}/{key}", "/1,01", "/", "/dir/lookup?volumeId=1"):
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=2)
            except httpx.HTTPError:
                continue
            assert secret not in answer.content, f"port {port} gave {path} to anybody"


def test_only_the_platforms_own_pages_may_talk_to_it_by_script(servers: Servers) -> None:
    ours, others = "http://desk.example", "http://evil.example"
    server = new_seaweed(servers.folder / "seaweed-strict", tuple(free_ports(PORTS)), (ours,))
    server.prepare()
    servers.run(server.program())
    server.wait()

    def preflight(origin: str) -> str | None:
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        answer = httpx.options(f"{server.endpoint}/{BUCKET}/x", headers=asked, trust_env=False)
        allowed: str | None = answer.headers.get("access-control-allow-origin")
        return allowed

    assert (preflight(ours), preflight(others)) == (ours, None)
    server.tidy()
