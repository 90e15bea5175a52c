"""The sentences: what was given, what is allowed, how to mend it, in both languages."""

from __future__ import annotations

from services.media import findings as say


def test_too_large_tells_bytes_and_megabytes() -> None:
    finding = say.too_large("photo", 2097153, 2097152)

    assert finding.slug == "photo-too-large"
    assert finding.figures == {"given": 2097153, "allowed": 2097152, "unit": "byte"}
    assert "2097153 字节" in finding.zh
    assert "2097152 字节" in finding.zh
    assert "2097153 bytes" in finding.en


def test_too_long_tells_seconds_and_minutes() -> None:
    finding = say.too_long(181.0, 180)

    assert "181 秒（3 分 1 秒）" in finding.zh
    assert "180 秒（3 分 0 秒）" in finding.zh
    assert "181 s (3 min 1 s)" in finding.en
    assert finding.figures["given"] == 181.0


def test_wrong_format_names_what_the_file_really_is() -> None:
    finding = say.wrong_format(("PNG", "PNG 图片", "a PNG picture"), ("JPEG",), recording=False)

    assert "PNG 图片" in finding.zh
    assert "a PNG picture" in finding.en
    assert finding.figures == {"given": "PNG", "allowed": ["JPEG"]}


def test_wrong_pixel_size_tells_both_sizes_allowed() -> None:
    finding = say.wrong_pixel_size(1440, 1080, ((1920, 1080), (1280, 720)))

    assert "1440×1080" in finding.zh
    assert "1920×1080 或 1280×720" in finding.zh
    assert "1920×1080 or 1280×720" in finding.en
