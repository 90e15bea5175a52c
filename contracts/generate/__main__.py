"""`python -m contracts.generate` writes contracts/schemas and contracts/asyncapi.yaml; `--check` only compares."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from contracts.generate.asyncapi import document
from contracts.generate.schemas import Schema, all_schemas

CONTRACTS = Path(__file__).parents[1]


def rendered(schema: Schema) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def generated() -> dict[str, str]:
    """Every generated file's text by its path under contracts/."""
    files = {f"schemas/{name}.json": rendered(schema) for name, schema in all_schemas().items()}
    head = "# Generated from contracts/catalog.py by `python -m contracts.generate`; do not edit.\n"
    files["asyncapi.yaml"] = head + yaml.dump(
        document(), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120
    )
    return files


class _Readable(yaml.SafeDumper):
    """Long texts as blocks; nothing by alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the overridden method's own signature
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        """A string; one of several lines as a block."""
        return self.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Readable.add_representer(str, _Readable.text)


def stale(root: Path, files: Mapping[str, str]) -> list[str]:
    """A sentence for each file that is missing, differs, or belongs to no model."""
    found = []
    for name, text in files.items():
        path = root / name
        if not path.exists():
            found.append(f"{name} is missing")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{name} differs from the models")
    found += [f"{name} belongs to no event" for name in orphans(root, files)]
    return found


def orphans(root: Path, files: Mapping[str, str]) -> list[str]:
    """The schemas on disk that nothing generates any more."""
    present = (path.relative_to(root).as_posix() for path in sorted((root / "schemas").glob("*")))
    return [name for name in present if name not in files]


def write(root: Path, files: Mapping[str, str]) -> None:
    """Make the generated files what they should be."""
    for name in orphans(root, files):
        (root / name).unlink()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None, *, root: Path = CONTRACTS) -> int:
    """Exit status: 0 done or current, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a generated file is stale; write nothing")
    files = generated()
    if not parser.parse_args(arguments).check:
        write(root, files)
        return 0
    found = stale(root, files)
    for sentence in found:
        print(f"contracts/{sentence}; run `python -m contracts.generate`.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
