"""`python -m tests.faults.programs.nursery plain | green`: starts programs in a few milliseconds each.

It imports everything once and forks on demand: a JSON line on stdin names a program and its settings, the answer is a
JSON line with the pid. Programs die with it, and it ends with its stdin: a harness that is killed leaves nothing.
`green` is patched first, as a worker's `__main__` does.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.programs.settings import Settings

    Program = Callable[[Settings], None]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def plain() -> Mapping[str, Program]:
    """Programs that are plain processes."""
    from tests.faults.programs import broken_senders, producer, relay

    return {
        "producer": producer.main,
        "producer-after-commit": broken_senders.publishes_after_commit,
        "producer-before-commit": broken_senders.publishes_before_commit,
        "relay": relay.main,
        "relay-without-confirms": broken_senders.relay_without_confirms,
    }


def green() -> Mapping[str, Program]:
    """Programs that are workers."""
    from infra.bus import runner

    runner.patch()  # before anything else is imported

    from infra.bus import worker  # noqa: F401 - loaded here, once
    from tests.faults.programs import broken_consumers, consumer

    return {
        "review": consumer.review,
        "notify": consumer.notify,
        "review-without-inbox": broken_consumers.without_inbox,
        "review-acks-first": broken_consumers.acks_first,
    }


def serve(programs: Mapping[str, Program]) -> None:
    """Fork what is asked for, until stdin ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no collecting
    nursery = os.getpid()
    print(json.dumps({"ready": sorted(programs)}), flush=True)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(nursery, programs[asked["program"]], asked)
        print(json.dumps({"pid": pid}), flush=True)
    os._exit(0)  # at once, and with it all programs


def _become(nursery: int, program: Program, asked: dict[str, Any]) -> None:
    """In the child: a session, an output and a death of its own; never returns."""
    from tests.faults.programs.settings import Settings

    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != nursery:
            os._exit(1)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for target, source in enumerate((nothing, log, log)):
            os.dup2(source, target)
        settings = asked["settings"]
        program(Settings(**{**settings, "poison": tuple(settings["poison"])}))
        status = 0
    except SystemExit:
        status = 0
    except BaseException:  # noqa: BLE001 - a child that fell back into its parent's loop would fork on
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve({"plain": plain, "green": green}[sys.argv[1]]())
