"""A strict look at the keywords of a JSON Schema.

A validator ignores a keyword it does not know, so a misspelt one (`aditionalProperties`) switches its check off in
silence. Here every keyword must be one of the 2020-12 vocabularies, and `required` may only name known properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SUBSCHEMA = frozenset({"items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"})
LIST_OF_SUBSCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED_SUBSCHEMAS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
ANNOTATIONS = frozenset({"title", "description", "examples", "deprecated", "$comment", "readOnly", "writeOnly"})
PLAIN = frozenset(
    {
        "$schema", "$id", "$ref", "type", "enum", "const", "default", "format", "required", "pattern",
        "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minItems", "maxItems", "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties",
    }
)  # fmt: skip
KEYWORDS = SUBSCHEMA | LIST_OF_SUBSCHEMAS | NAMED_SUBSCHEMAS | ANNOTATIONS | PLAIN


def unknown_keywords(schema: object, where: str) -> Iterator[str]:
    """A sentence for each keyword that no validator would heed, and each required property that is not described."""
    if not isinstance(schema, Mapping):
        if not isinstance(schema, bool):
            yield f"{where} is no schema, but {schema!r}"
        return
    for keyword, value in schema.items():
        place = f"{where}/{keyword}"
        if keyword not in KEYWORDS:
            yield f"{place} is no keyword of JSON Schema 2020-12 that the contracts use"
        elif keyword in SUBSCHEMA:
            yield from unknown_keywords(value, place)
        elif keyword in LIST_OF_SUBSCHEMAS:
            for index, member in enumerate(value):
                yield from unknown_keywords(member, f"{place}/{index}")
        elif keyword in NAMED_SUBSCHEMAS:
            for name, member in value.items():
                yield from unknown_keywords(member, f"{place}/{name}")
    yield from _undescribed(schema, where)


def _undescribed(schema: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in schema.get("properties", {}):
            yield f"{where}/required names {name!r}, which properties does not describe"
