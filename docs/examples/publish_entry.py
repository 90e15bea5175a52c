"""Hand an entry in to Laurel from any program, with httpx alone.

    LAUREL_URL=… LAUREL_TOKEN=… python publish_entry.py CAMPAIGN CATEGORY photo reading-room.jpg title=… article=…

The token is one for programs, made on the account's own page, with the scopes entries:read, entries:write and
submissions; LAUREL_LOGIN and LAUREL_PASSWORD do in its place. Whatever is refused ends the program with its sentences.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx

API = httpx.Client(base_url=f"{os.environ['LAUREL_URL']}/api/intake/v1/", timeout=30)


def call(method: str, path: str, **body: Any) -> Any:
    answer = API.request(method, path, json=body or None)
    if answer.is_error:  # a problem document (RFC 9457): `slug` for programs, sentences for people
        problem = answer.json()
        lines = [f"{problem['slug']}: {problem['detail']} {problem['detail_en']}"]
        sys.exit("\n".join(lines + [f"{one['zh']} {one['en']}" for one in problem["findings"]]))
    return answer.json()


def publish(campaign: str, category: str, kind: str, photo: Path, texts: dict[str, str]) -> Any:
    entry = call("POST", f"campaigns/{campaign}/entries", category=category)
    entry = call("PUT", f"entries/{entry['entry_id']}/fields", version=entry["version"], fields=texts)
    content = photo.read_bytes()
    path = f"entries/{entry['entry_id']}/materials"
    begun = call("POST", path, kind=kind, name=photo.name, bytes=len(content))
    form = {name: (None, value) for name, value in begun["upload"]["fields"].items()}
    httpx.post(begun["upload"]["url"], files={**form, "file": content}, timeout=300).raise_for_status()
    material = call("POST", f"materials/{begun['material_id']}/completion")
    while material["state"] == "uploaded":  # its verdict is pending, mostly for a second or two
        time.sleep(0.5)
        material = call("GET", f"materials/{begun['material_id']}")
    if material["state"] != "accepted":
        sys.exit("\n".join(f"{one['slug']}: {one['zh']} {one['en']}" for one in material["findings"]))
    version = call("GET", f"entries/{entry['entry_id']}")["version"]
    return call("POST", f"entries/{entry['entry_id']}/submission", version=version)


if __name__ == "__main__":
    token = os.environ.get("LAUREL_TOKEN")
    if not token:
        given = {"login": os.environ["LAUREL_LOGIN"], "password": os.environ["LAUREL_PASSWORD"]}
        token = call("POST", "sessions", **given)["access_token"]
    API.headers["Authorization"] = f"Bearer {token}"
    where, what, kind, file, *pairs = sys.argv[1:]
    receipt = publish(where, what, kind, Path(file), dict(pair.split("=", 1) for pair in pairs))
    print(receipt["receipt_number"], receipt["revision"], receipt["digest"], receipt["submitted_at"])
