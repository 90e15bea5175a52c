#!/usr/bin/env bash
# Pins requirements/*.in with hashes, for every platform and Python ≥ 3.11. Each lock keeps to the versions of the
# one below it, so that the services are tested with what they run with. `lock.sh --upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
below=()
for name in uv runtime stack dev; do
  .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
    "${below[@]}" "requirements/$name.in" -o "requirements/$name.lock" "$@"
  [ "$name" = uv ] || below=(-c "requirements/$name.lock")
done
