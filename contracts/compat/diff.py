"""What changed between two JSON Schemas of one contract, as far as a reader or writer of the old one would notice.

The rule is the strictest that is easy to state: in place, only an optional field may be added. Narrowing breaks those
who write what the old schema allows; widening breaks those who read by it. Titles and descriptions may change freely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.compat.lint import ANNOTATIONS, LIST_OF_SUBSCHEMAS, SUBSCHEMA

Schema = Mapping[str, Any]

_SMALLEST = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_LARGEST = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_STRUCTURE = frozenset({"$schema", "$id", "$defs", "$ref", "properties", "required"})


class SchemaDiff:
    """Compares two whole schemas; `breaks()` yields one sentence for each breaking change."""

    def __init__(self, name: str, old: Schema, new: Schema) -> None:
        self._name = name
        self._old = old
        self._new = new
        self._seen: set[tuple[str, str]] = set()

    def breaks(self) -> Iterator[str]:
        """One sentence for each breaking change."""
        yield from self._compare(self._old, self._new, self._name)

    def _compare(self, old: Any, new: Any, where: str) -> Iterator[str]:
        if isinstance(old, bool) or isinstance(new, bool):
            if old != new:
                yield f"{where}: what is allowed here changed from {old!r} to {new!r}"
            return
        if "$ref" in old and "$ref" in new:
            # A definition is compared once, whoever refers to it; this also ends recursive ones.
            pair = (old["$ref"], new["$ref"])
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        yield from self._properties(old, new, where)
        if ("anyOf" in old) != ("anyOf" in new):
            yield f"{where}: what may stand here changed from {_kinds(old)} to {_kinds(new)}"
            return
        for keyword in sorted((old.keys() | new.keys()) - _STRUCTURE - ANNOTATIONS):
            yield from self._keyword(keyword, old, new, where)

    def _properties(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() - after.keys()):
            yield f"{where}.{name}: the field was removed or renamed; those who read it find nothing"
        for name in sorted(is_required - was_required):
            known = "is" if name in before else "is new and"
            yield f"{where}.{name}: the field {known} now required; events already written may lack it"
        for name in sorted((was_required - is_required) & after.keys()):
            yield f"{where}.{name}: the field is no longer required; those who read it rely on it"
        for name in sorted(before.keys() & after.keys()):
            yield from self._compare(before[name], after[name], f"{where}.{name}")

    def _keyword(self, keyword: str, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get(keyword), new.get(keyword)
        if keyword in SUBSCHEMA and keyword in old and keyword in new:
            yield from self._compare(before, after, f"{where}[]" if keyword == "items" else f"{where}/{keyword}")
        elif keyword in LIST_OF_SUBSCHEMAS and before and after and len(before) == len(after):
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from self._compare(one, other, f"{where}/{keyword}/{index}")
        elif before != after:
            yield f"{where}: {_change(keyword, before, after)}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with its local reference followed; what stands beside the reference is kept."""
    while "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _kinds(schema: Schema) -> str:
    """What a schema allows, in words: `string or null`."""
    options = schema.get("anyOf", [schema])
    return " or ".join(str(option.get("type", option.get("$ref", "anything"))) for option in options)


def _change(keyword: str, before: Any, after: Any) -> str:
    if keyword == "enum":
        gone = [value for value in before or () if value not in (after or ())]
        added = [value for value in after or () if value not in (before or ())]
        return f"the values allowed changed (gone: {gone}, added: {added})"
    if keyword == "default":
        return f"the default changed from {before!r} to {after!r}, so the same event would mean something else"
    if before is None:
        return f"{keyword} {after!r} was added, which narrows what is allowed"
    if after is None:
        return f"{keyword} {before!r} was dropped, which widens what readers must expect"
    if keyword in _SMALLEST | _LARGEST:
        narrower = (after > before) == (keyword in _SMALLEST)
        return f"{keyword} went from {before!r} to {after!r}, which {'narrows' if narrower else 'widens'} it"
    return f"{keyword} changed from {before!r} to {after!r}"
