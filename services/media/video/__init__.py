"""Judging a video from a few ranges of it: what its index says, what its coded pictures say, and whether they decode.

Nothing in a header is believed that the samples themselves can tell: the duration is the sum over all samples, the
size is that of the sequence parameter set, checked against a decoded picture.
"""

from services.media.video.judge import judge_video

__all__ = ["judge_video"]
