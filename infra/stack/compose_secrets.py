"""`make secrets`: random secrets for docker-compose.yml, in `.env` and `var/secrets/`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from infra.stack.config import SERVICES, StackError
from infra.stack.files import PRIVATE, password, write_file, write_keys
from infra.stack.seaweed import identities

_IN_A_CONTAINER = 0o644
"""Compose mounts these files as they are, and the containers' users are others than the files' owner.

So they must be readable by all; on the host nobody but their owner can pass the folder that they stand in.
"""


def write_secrets(root: Path) -> list[Path]:
    """Write all of them below the project's root; returns the files. Raises StackError if there is an .env already."""
    env, folder = root / ".env", root / "var" / "secrets"
    if env.exists():
        raise StackError(
            f"{env} 已存在，不会覆盖。如确需重新生成，请先备份并移走它和 {folder}（旧数据将无法再解密）。\n"
            f"{env} exists and is not overwritten. To make new secrets, move it and {folder} away first; "
            "data sealed with the old ones cannot be read with the new."
        )
    access, secret = f"laurel{os.urandom(7).hex()}", password()
    values = {
        "LAUREL_POSTGRES_PASSWORD": password(),
        **{f"LAUREL_{service.upper()}_DB_PASSWORD": password() for service in SERVICES},
        "LAUREL_AMQP_PASSWORD": password(),
        "LAUREL_S3_ACCESS_KEY": access,
        "LAUREL_S3_SECRET_KEY": secret,
    }
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_keys(folder, _IN_A_CONTAINER)
    write_file(folder / "s3_identities.json", json.dumps(identities(access, secret)), _IN_A_CONTAINER)
    head = "# Random secrets for docker-compose.yml, made by `make secrets`. Keep them; never commit them.\n"
    write_file(env, head + "".join(f"{name}={value}\n" for name, value in values.items()), PRIVATE)
    return [env, *sorted(folder.iterdir())]
