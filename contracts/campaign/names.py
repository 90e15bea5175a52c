"""When two ways of writing the name of a library mean the same one."""

from __future__ import annotations

import re
import unicodedata

_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")


def plain_name(name: str) -> str:
    """A name without what typing adds or leaves out: width, case, white space, punctuation, invisible characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def spellings(name: str) -> frozenset[str]:
    """The name as it stands, and without what is added in brackets: 国家图书馆（国家古籍保护中心） is 国家图书馆."""
    folded = unicodedata.normalize("NFKC", name)
    forms = {plain_name(name), plain_name(_IN_BRACKETS.sub("", folded))}
    return frozenset(form for form in forms if form)
