"""Sound and hostile media, made by code: each case is a file, the rule it is judged by, and the verdict it deserves."""

from tests.media_corpus.cases import Case, cases, photo_rule, video_rule

__all__ = ["Case", "cases", "photo_rule", "video_rule"]
