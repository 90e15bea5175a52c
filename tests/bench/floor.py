"""The floor that an autosave is held against: a bare Starlette route that commits one row to PostgreSQL.

`python -m tests.bench.floor DSN PORT` serves it with uvicorn on uvloop, as the apis are served.
"""

from __future__ import annotations

import sys
from threading import local
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TABLE = """
CREATE TABLE IF NOT EXISTS floor (id int PRIMARY KEY, version int NOT NULL, fields jsonb NOT NULL);
INSERT INTO floor SELECT n, 0, '{}' FROM generate_series(0, 63) AS n ON CONFLICT DO NOTHING
"""
_SAVE = b"UPDATE floor SET version = version + 1, fields = %s::text::jsonb WHERE id = %s RETURNING version"


def create_app(dsn: str) -> Starlette:
    """One route: PUT /rows/<id> commits its body into that row."""
    held = local()

    def commit(row: int, body: str) -> int:
        if not hasattr(held, "connection"):
            held.connection = psycopg.connect(dsn, autocommit=True)
        found: tuple[Any, ...] = held.connection.execute(_SAVE, (body, row)).fetchone()
        return int(found[0])

    async def save(request: Request) -> JSONResponse:
        body = (await request.body()).decode()
        return JSONResponse({"version": await run_in_threadpool(commit, int(request.path_params["row"]), body)})

    return Starlette(routes=[Route("/rows/{row}", save, methods=["PUT"])])


def main() -> None:
    dsn, port = sys.argv[1], int(sys.argv[2])
    uvicorn.run(create_app(dsn), host="127.0.0.1", port=port, loop="uvloop", log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
