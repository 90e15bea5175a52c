"""Sound and hostile media, made by code: each case is a file, the rule it is judged by, and the verdict it deserves.

Nothing is drawn by chance that is not drawn from a fixed seed. What an encoder has to make is kept in var/media-corpus,
under a name that changes with the encoder and with what it is asked for.
"""

from tests.media_corpus.case import Case, photo_rule, video_rule
from tests.media_corpus.cases import cases

__all__ = ["Case", "cases", "photo_rule", "video_rule"]
