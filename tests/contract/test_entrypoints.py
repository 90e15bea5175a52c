"""What a worker really subscribes to is what the catalogue says, event by event."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from contracts.catalog import SERVICES, consumed_by
from tests.contract.schemas import CONTRACTS

LIST = """
from infra.bus.runner import patch
patch()
import importlib, json, sys
from infra.bus.entrypoint import subscriptions
module = importlib.import_module(f"services.{sys.argv[1]}.worker")
classes = [c for c in vars(module).values() if isinstance(c, type) and getattr(c, "name", None) == sys.argv[1]]
print(json.dumps({event: method for c in classes for event, method in subscriptions(c).items()}))
"""
"""Runs in a process of its own: a worker's modules are imported under eventlet's patches, which no test may catch."""


@pytest.mark.parametrize("service", SERVICES)
def test_entrypoints_match_catalogue(service: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIST, service],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=CONTRACTS.parent,
    )
    assert run.returncode == 0, run.stderr
    subscribed = set(json.loads(run.stdout.splitlines()[-1]))
    wanted = {queue for row in consumed_by(service) for owner, _, queue in row.queues() if owner == service}
    assert {f"{service}.{one}" for one in subscribed} == wanted
