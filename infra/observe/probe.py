"""`python -m infra.observe.probe URL`: exit 0 if the URL answers 200; for container health checks."""

from __future__ import annotations

import sys
from http import HTTPStatus
from urllib.error import URLError
from urllib.request import urlopen


def main() -> int:
    try:
        with urlopen(sys.argv[1], timeout=4) as answer:  # noqa: S310 - the URL is the compose file's own
            return 0 if answer.status == HTTPStatus.OK else 1
    except (URLError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - what a health check prints is kept by the engine
        return 1


if __name__ == "__main__":
    sys.exit(main())
