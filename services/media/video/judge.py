"""The rules that a video can break."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.campaign import MaterialRule
from contracts.events import Finding, MaterialFacts
from services.media import findings as say
from services.media.domain import Judgement
from services.media.formats import FormatError
from services.media.formats.isobmff import Movie, Track, read_movie
from services.media.formats.sniff import MOV, MP4, Kind, sniff
from services.media.source import Ranges, Source, TooManyReadsError
from services.media.video.coding import Coding, read_coding, sound_coding
from services.media.video.layout import HEAD_BYTES, walk
from services.media.video.probe import MOST_PIXELS, probe

_STILLS = frozenset({"jpeg", "mjpa", "png "})
_MOST_TOLERANCE = 0.1


def judge_video(source: Source, rule: MaterialRule) -> Judgement:
    """Every rule that a video breaks, or its facts. Raises SourceError."""
    judgement = _judge(source, rule)
    # A file that breaks off is found out by its boxes and by its samples: one sentence says it.
    once = {finding.slug: finding for finding in reversed(judgement.findings)}
    return judgement.model_copy(update={"findings": tuple(reversed(once.values()))})


def _judge(source: Source, rule: MaterialRule) -> Judgement:
    found: list[Finding] = []
    if source.size == 0:
        return Judgement(findings=(say.empty_file(),))
    if source.size > rule.max_bytes:
        found.append(say.too_large(rule.kind, source.size, rule.max_bytes))
    ranges = Ranges(source)
    kind = sniff(ranges.read(0, HEAD_BYTES))
    if kind.name not in rule.formats:
        found.append(say.wrong_format((kind.name, kind.zh, kind.en), rule.formats, recording=True))
    if kind not in {MP4, MOV}:
        return Judgement(findings=tuple(found))
    try:
        layout = walk(ranges)
        found.extend(layout.findings)
        if layout.index is None:
            return Judgement(findings=tuple(found))
        movie = read_movie(layout.index)
        return _judge_movie(ranges, movie, kind, rule, found)
    except FormatError as error:
        found.append(say.unreadable("视频的索引已损坏", "the video's index is damaged", detail=str(error)))
    except TooManyReadsError:
        found.append(say.unreadable("视频的文件结构过于零碎", "the video's structure is in too many pieces"))
    return Judgement(findings=tuple(found))


def _judge_movie(ranges: Ranges, movie: Movie, kind: Kind, rule: MaterialRule, found: list[Finding]) -> Judgement:
    pictures = pictures_of(movie)
    sounds = [track for track in movie.tracks if track.handler == "soun"]
    found.extend(_shape(movie, pictures))
    seconds = _duration(pictures, sounds)
    size: tuple[int, int] | None = None
    codec = "?"
    if len(pictures) == 1 and pictures[0].entries:
        coding, unusable = read_coding(pictures[0].entries[0])
        found.extend([unusable] if unusable else [])
        if coding is not None:
            codec = coding.name
            size, wrong = _picture(ranges, pictures[0], coding, rule, whole=not found)
            found.extend(wrong)
    found.extend(_too_long(pictures, sounds, rule))
    if sounds and not found:
        codec = f"{codec} + {sound_coding(ranges)}"
    facts = MaterialFacts(
        format=kind.name,
        bytes=ranges.size,
        width=size[0] if size else None,
        height=size[1] if size else None,
        seconds=round(seconds, 3),
        codec=codec,
        rotation=pictures[0].quarter_turns * 90 if pictures else None,
        frame_rate=round(pictures[0].rate, 3) if pictures else None,
        sound=bool(sounds),
    )
    return Judgement(facts=facts, findings=tuple(found))


def pictures_of(movie: Movie) -> list[Track]:
    """Its tracks of pictures, but for stills that only stand for it."""
    return [track for track in movie.tracks if track.handler == "vide" and not _is_cover(track)]


def _is_cover(track: Track) -> bool:
    """A still that cameras and drones put beside the pictures for their own lists; players leave it out."""
    return not track.enabled and {entry.codec for entry in track.entries} <= _STILLS


def _shape(movie: Movie, pictures: list[Track]) -> Iterator[Finding]:
    if movie.fragmented:
        yield say.unsupported_container("视频为分段（fragmented）结构", "The video is fragmented", "fragmented")
    elif not pictures:
        yield say.unsupported_container(
            "文件中没有画面，只有声音或其他数据", "The file has no pictures", "no-video-track"
        )
    elif len(pictures) > 1:
        yield say.unsupported_container(
            f"文件中有 {len(pictures)} 路画面", f"The file has {len(pictures)} picture tracks", "several-video-tracks"
        )
    elif len(pictures[0].entries) != 1:
        yield say.unsupported_container(
            "视频由编码参数不同的几段拼成",
            "The video is joined from parts that are coded differently",
            "several-codings",
        )
    elif not pictures[0].samples or not pictures[0].samples.count or not pictures[0].ticks:
        yield say.unreadable("视频中没有任何画面", "the video holds no picture at all")


def _duration(pictures: list[Track], sounds: list[Track]) -> float:
    """Seconds: of the pictures, or of the sound where that goes on for longer than its blocks' padding."""
    seen = max((track.seconds for track in pictures), default=0.0)
    heard = max((track.seconds for track in sounds), default=0.0)
    return heard if heard >= seen + _MOST_TOLERANCE else seen


def _too_long(pictures: list[Track], sounds: list[Track], rule: MaterialRule) -> Iterator[Finding]:
    """A limit of three minutes means that three minutes exactly are fine, and containers round.

    A track lasts a whole number of samples, so a cut at 180 s may keep the picture that is on screen at that moment:
    less than one picture's duration over the limit is no breach (at most 0.1 s, lest a picture every ten seconds were
    an excuse). Sound comes in blocks with lead-in and padding of a few hundredths of a second: the same 0.1 s.
    """
    if rule.max_seconds is None:
        return
    worst = None
    for track in pictures:
        tolerance = min(track.longest_tick / track.timescale, _MOST_TOLERANCE)
        if track.seconds >= rule.max_seconds + tolerance and track.seconds > rule.max_seconds:
            worst = max(worst or 0.0, track.seconds)
    for track in sounds:
        if track.seconds >= rule.max_seconds + _MOST_TOLERANCE:
            worst = max(worst or 0.0, track.seconds)
    if worst is not None:
        yield say.too_long(worst, rule.max_seconds)


def _picture(
    ranges: Ranges, track: Track, coding: Coding, rule: MaterialRule, *, whole: bool
) -> tuple[tuple[int, int] | None, list[Finding]]:
    """(width, height) as displayed, and what is wrong with the pictures. `whole`: nothing is wrong so far."""
    found: list[Finding] = []
    stored, aspect = coding.size, coding.aspect or (0, 1)
    samples = track.samples
    if samples is not None and samples.end > ranges.size:
        found.append(say.truncated(ranges.size, samples.end))
    elif stored is not None and stored[0] * stored[1] > MOST_PIXELS:
        found.append(say.too_many_pixels(*stored, MOST_PIXELS, recording=True))
    elif whole:
        seen, wrong = probe(ranges, track, coding)
        found.extend(wrong)
        if seen is not None:
            stored = (seen.width, seen.height)
            aspect = coding.aspect or seen.aspect
    if stored is None:
        return None, found
    size = (stored[1], stored[0]) if track.quarter_turns % 2 else stored
    across, down = track.entries[0].aspect or aspect
    square = across == down or 0 in {across, down}
    if rule.pixel_sizes and (size not in rule.pixel_sizes or not square):
        turned = track.quarter_turns % 2 == 1 and stored in rule.pixel_sizes
        stretched = "" if square else f"{across}:{down}"
        found.append(say.wrong_pixel_size(*size, rule.pixel_sizes, stretched=stretched, upright=turned))
    return size, found
