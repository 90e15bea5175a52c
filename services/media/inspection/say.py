"""What is said about a video that was watched through: advice, never a refusal.

Each sentence says what is to be seen or heard, when, and what can be done about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contracts.events import Finding
from services.media.inspection.heard import Heard
from services.media.inspection.pictures import Stretch, Watched

_TOO_QUIET, _TOO_LOUD = -30.0, -8.0
"""LUFS, integrated (EBU R 128). Speech of telephones lies around −20, broadcasts at −23, the web at −14."""
_CLIPPING = 1.0
"""dB above full scale, true peak. Coding alone makes up to half a decibel."""
_MOST_TOLD = 5
_MOST_LISTED = 20


def clock(seconds: float) -> str:
    """75.2 → 01:15."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def warnings_of(watched: Watched, heard: Heard | None, *, sound: bool, damaged: Sequence[float]) -> tuple[Finding, ...]:
    """`heard`: None if the sound could not be measured. `damaged`: seconds at which something does not decode."""
    found = [*_of_pictures(watched), *_of_sound(heard, sound=sound)]
    if damaged:
        found.append(_damaged(damaged))
    return tuple(found)


def _of_pictures(watched: Watched) -> Iterable[Finding]:
    if watched.all_black:
        yield Finding(
            slug="black-throughout",
            zh="整段视频画面都是黑的。请播放检查，确认导出时没有漏掉画面；若有误，请重新导出后替换。",
            en="The picture is black throughout. Play it, and see whether exporting left the pictures out; if so, "
            "export it anew and replace it.",
            figures={"seconds": round(watched.seconds, 1)},
        )
        return
    if watched.black:
        zh, en = _times(watched.black)
        yield Finding(
            slug="black-stretch",
            zh=f"有画面全黑的片段：{zh}。若不是有意的转场，请剪去或补上画面后替换。",
            en=f"The picture is black for a while: {en}. Unless that is meant, cut it or fill it in, then replace the "
            "file.",
            figures={"stretches": _listed(watched.black)},
        )
    if watched.all_still:
        yield Finding(
            slug="still-throughout",
            zh=f"画面从头到尾基本静止（{clock(watched.seconds)}），像是一张图片配音。评审更容易看懂真实的场景；"
            "若导出有误，请重新导出后替换。",
            en=f"The picture stands still throughout ({clock(watched.seconds)}), as if one photo had been put to "
            "sound. If exporting went wrong, export it anew and replace it; real scenes tell reviewers more.",
            figures={"seconds": round(watched.seconds, 1)},
        )
    elif watched.still:
        zh, en = _times(watched.still)
        yield Finding(
            slug="still-stretch",
            zh=f"有画面长时间不动的片段：{zh}。请播放检查是否卡住；若导出有误，请重新导出后替换。",
            en=f"The picture stands still for long: {en}. Play it, and see whether it is stuck; if so, export it anew "
            "and replace it.",
            figures={"stretches": _listed(watched.still)},
        )


def _of_sound(heard: Heard | None, *, sound: bool) -> Iterable[Finding]:
    if not sound:
        yield Finding(
            slug="no-sound",
            zh="视频没有声音。若本应有解说或现场声，请检查录制和导出设置，重新导出后替换。",
            en="The video has no sound. If there should be some, look at how it was recorded and exported, export it "
            "anew and replace it.",
        )
    elif heard is None:
        return
    elif heard.silent:
        yield Finding(
            slug="sound-silent",
            zh="视频有音轨，但听不到声音。请检查录制时是否静音、麦克风是否被关闭，重新导出后替换。",
            en="The video has a sound track, but nothing is to be heard. See whether the microphone was off or the "
            "track muted, export it anew and replace it.",
            figures=heard.figures,
        )
    else:
        yield from _of_level(heard)


def _of_level(heard: Heard) -> Iterable[Finding]:
    loudness, peak = heard.loudness, heard.peak
    if loudness < _TOO_QUIET:
        yield Finding(
            slug="sound-too-quiet",
            zh=f"声音太小：响度 {_signed(loudness)} LUFS，一般在 -24 到 -14 之间，评审可能听不清。"
            "请在剪辑软件中提高音量后重新导出、替换。",
            en=f"The sound is too quiet: {_signed(loudness)} LUFS where −24 to −14 are usual. Reviewers may not "
            "understand it. Raise the volume in a video editor, export it anew and replace it.",
            figures=heard.figures,
        )
    elif loudness > _TOO_LOUD or peak > _CLIPPING:
        yield Finding(
            slug="sound-clipping",
            zh=f"声音过大或破音：响度 {_signed(loudness)} LUFS，峰值 {_signed(peak)} dB（超过 0 会失真）。"
            "请在剪辑软件中降低音量后重新导出、替换。",
            en=f"The sound is too loud or distorted: {_signed(loudness)} LUFS, peaks at {_signed(peak)} dB (above 0 it "
            "distorts). Lower the volume in a video editor, export it anew and replace it.",
            figures=heard.figures,
        )


def _damaged(seconds: Sequence[float]) -> Finding:
    told = "、".join(clock(second) for second in seconds[:_MOST_TOLD])
    more = len(seconds) > _MOST_TOLD
    return Finding(
        slug="damaged-part",
        zh=f"约 {told}{' 等' if more else ''} 处的画面或声音已损坏，播放时会花屏或卡顿。请重新导出后替换。",
        en=f"Pictures or sound are damaged at about {told.replace('、', ', ')}{' and later' if more else ''}; playing "
        "falters there. Export it anew and replace it.",
        figures={"seconds": [round(second, 1) for second in seconds[:_MOST_LISTED]]},
    )


_CAUSES = {
    "processor": ("所需时间过长", "it takes too long"),
    "hung": ("所需时间过长", "it takes too long"),
    "memory": ("画面尺寸过大，内存不足", "its pictures are too large for the memory"),
}


def not_inspected(cause: str) -> Finding:
    """The file hung or ended the process that watched it. `cause`: processor, memory, hung, or anything else."""
    zh, en = _CAUSES.get(cause, ("播放程序异常中止", "it makes the player break down"))
    return Finding(
        slug="not-inspected",
        zh=f"系统未能完整播放检查这个视频（{zh}），也没有生成便于在线观看的版本。文件仍然有效；"
        "建议用剪映等软件重新导出为 MP4（H.264）后替换，以便评审顺利播放。",
        en=f"The video could not be watched through ({en}), and no copy for browsers was made. The file is still "
        "valid; to make sure that reviewers can play it, export it anew as MP4 (H.264) and replace it.",
        figures={"cause": cause},
    )


def _signed(value: float) -> str:
    return f"{value:.1f}"


def _times(stretches: Sequence[Stretch]) -> tuple[str, str]:
    told = [f"{clock(one.begin)}–{clock(one.end)}" for one in stretches[:_MOST_TOLD]]
    more = len(stretches) - len(told)
    return "、".join(told) + (f" 等 {len(stretches)} 处" if more else ""), ", ".join(told) + (
        f" and {more} more" if more else ""
    )


def _listed(stretches: Sequence[Stretch]) -> list[list[float]]:
    return [[round(one.begin, 1), round(one.end, 1)] for one in stretches[:_MOST_LISTED]]
