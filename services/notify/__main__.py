"""`python -m services.notify api|worker|migrate|openapi`."""

from __future__ import annotations

import json
import sys

from infra import starting

KINDS = ("api", "worker", "migrate", "openapi")


def main(arguments: list[str]) -> int:
    """Run one kind of process; 2 for a kind that does not exist or a setting that is missing."""
    if len(arguments) != 1 or arguments[0] not in KINDS:
        print(f"用法 usage: python -m services.notify {'|'.join(KINDS)}", file=sys.stderr)
        return 2
    kind = arguments[0]
    if kind in ("api", "worker"):
        starting.begin()
    if kind == "worker":
        from infra.bus.runner import patch

        patch()  # before anything else is imported
    from infra.observe.settings import SettingError, required

    try:
        if kind == "worker":
            from services.notify import worker

            worker.main()
        elif kind == "api":
            from services.notify import serving

            serving.main()
        elif kind == "migrate":
            from infra.store.migrate import upgrade

            ran = upgrade(required("LAUREL_DATABASE_DSN"), "services.notify")
            print(json.dumps({"service": "notify", "ran": ran}))
        else:
            from services.notify import serving

            serving.OPENAPI_FILE.parent.mkdir(parents=True, exist_ok=True)
            serving.OPENAPI_FILE.write_text(serving.openapi(), encoding="utf-8")
            print(serving.OPENAPI_FILE)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
