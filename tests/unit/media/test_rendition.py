"""Public renditions: the right pixels, upright, in two sizes, and nothing else of the original."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from contracts.storage import LARGE, SMALL
from services.media.pictures import NothingToRenderError, Rendered, render_photo, render_poster
from services.media.source import FileSource
from tests.media_corpus import photos, videos


def _rendered(content: bytes, folder: Path) -> Rendered:
    path = folder / "photo"
    path.write_bytes(content)
    return render_photo(FileSource(path))


def _shown(rendered: Rendered) -> Image.Image:
    """The large JPEG."""
    return Image.open(io.BytesIO(rendered.pictures[0].content))


def _large(content: bytes, folder: Path) -> Image.Image:
    return _shown(_rendered(content, folder))


def _quarters(width: int = 80, height: int = 60) -> Image.Image:
    """Four colours, one a quarter: red, green / blue, white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top = width // 2, height // 2
    pixels[:top, :left], pixels[:top, left:] = (255, 0, 0), (0, 255, 0)
    pixels[top:, :left], pixels[top:, left:] = (0, 0, 255), 255
    return Image.fromarray(pixels)


def _saved(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **{"quality": 95, "subsampling": 0, **options})
    return out.getvalue()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _colors(picture: Image.Image) -> list[tuple[int, ...]]:
    """Of the middles of the four quarters."""
    width, height = picture.size
    rgb = np.asarray(picture.convert("RGB"), np.int16)
    return [tuple(rgb[height * y // 8, width * x // 8]) for y in (2, 6) for x in (2, 6)]


def _near(seen: tuple[int, ...], wanted: tuple[int, ...], most: int) -> bool:
    return max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= most


QUARTERS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(80, 60), (1800, 1200)])
def test_every_rendition_and_the_placeholder_stand_upright(
    orientation: int, size: tuple[int, int], tmp_path: Path
) -> None:
    stored = _quarters(*size) if orientation == 1 else _quarters(*size).transpose(UNDO[orientation])

    rendered = _rendered(photos.with_orientation(_saved(stored), orientation), tmp_path)

    pictures = [Image.open(io.BytesIO(picture.content)) for picture in rendered.pictures]
    blurred = Image.open(io.BytesIO(base64.b64decode(rendered.placeholder.partition(",")[2])))
    assert blurred.size == (16, round(16 * size[1] / size[0]))
    for picture, most in [*((one, 30) for one in pictures), (blurred, 90)]:
        assert all(_near(seen, wanted, most) for seen, wanted in zip(_colors(picture), QUARTERS, strict=True))


def test_renditions_come_in_two_sizes_and_two_formats_and_never_grow(tmp_path: Path) -> None:
    for given, sizes in {
        (3000, 1000): [(1600, 533), (480, 160)],
        (1200, 1800): [(1067, 1600), (320, 480)],
        (700, 500): [(700, 500), (480, 343)],
        (200, 100): [(200, 100), (200, 100)],
        (3000, 1): [(1600, 1), (480, 1)],
    }.items():
        rendered = _rendered(photos.jpeg(*given), tmp_path)

        made = [(picture.side, picture.format, (picture.width, picture.height)) for picture in rendered.pictures]
        assert made == [
            (side, kind, size) for side, size in zip((LARGE, SMALL), sizes, strict=True) for kind in ("JPEG", "WebP")
        ]
        for picture in rendered.pictures:
            with Image.open(io.BytesIO(picture.content)) as shown:
                assert (shown.format, shown.size) == (picture.format.upper(), (picture.width, picture.height))


def test_placeholder_is_a_source_of_few_bytes_for_an_image(tmp_path: Path) -> None:
    for content in (photos.jpeg(3000, 2000), _saved(_quarters(900, 900)), _png(Image.effect_noise((400, 40), 80))):
        placeholder = _rendered(content, tmp_path).placeholder

        assert placeholder.startswith("data:image/webp;base64,")
        assert len(placeholder) < 400


def test_renditions_carry_nothing_of_the_original_but_pixels(tmp_path: Path) -> None:
    secret = b"<?php GPS 39.9N 116.4E ?>"
    content = photos.with_segment(photos.with_orientation(photos.jpeg(), 6), 0xFE, secret)
    content = photos.with_segment(content, 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + secret) + secret

    rendered = _rendered(content, tmp_path)

    for picture in rendered.pictures:
        assert secret not in picture.content
        with Image.open(io.BytesIO(picture.content)) as shown:
            assert not shown.getexif()
            assert not {"comment", "icc_profile", "exif", "xmp"} & shown.info.keys()


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_rendition_is_rgb_whatever_the_original_is(mode: str, tmp_path: Path) -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128)).convert(mode)

    shown = _large(_saved(grey), tmp_path)

    assert shown.mode == "RGB"
    assert all(_near(seen, (128, 128, 128), 8) for seen in _colors(shown))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_kind_looks_like_itself(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":  # a quarter of white, of three quarters, of a half, of nothing, in 16 bits
        wide = np.repeat(np.repeat(np.array([[65535, 49151], [32767, 0]], np.uint16), 400, axis=0), 500, axis=1)
        picture, wanted = Image.fromarray(wide), [(value,) * 3 for value in (255, 191, 127, 0)]
    else:
        grey = mode in {"1", "L", "LA"}
        colors = [(255, 255, 255), (0, 0, 0), (0, 0, 0), (255, 255, 255)] if grey else QUARTERS
        pixels = np.repeat(np.repeat(np.array(colors, np.uint8).reshape(2, 2, 3), 400, axis=0), 500, axis=1)
        picture, wanted = Image.fromarray(pixels).convert(mode), colors

    shown = _large(_png(picture), tmp_path)

    assert all(_near(seen, color, 12) for seen, color in zip(_colors(shown), wanted, strict=True))


def _with_profile(profile: bytes) -> bytes:
    return _saved(Image.new("RGB", (64, 64), (200, 20, 20)), icc_profile=profile)


def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _swapped_profile() -> bytes:
    """sRGB with the colorants of red and green exchanged: what it calls red looks green."""
    profile = bytearray(_srgb())
    red, green = (profile.index(tag, 128) + 4 for tag in (b"rXYZ", b"gXYZ"))
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    return bytes(profile)


def test_rendition_is_in_srgb(tmp_path: Path) -> None:
    """A picture's own profile is applied; one that is rubbish is left out of account, and sRGB changes nothing."""
    seen = _colors(_large(_with_profile(_swapped_profile()), tmp_path))[0]
    assert seen[1] > 150 > seen[0]

    for profile in (_srgb(), b"rubbish" * 40):
        assert _near(_colors(_large(_with_profile(profile), tmp_path))[0], (200, 20, 20), 8)


def test_transparent_png_is_shown_on_white(tmp_path: Path) -> None:
    assert _large(_png(Image.new("RGBA", (40, 40), (0, 0, 0, 0))), tmp_path).getpixel((5, 5)) == (255, 255, 255)


def _with_transparent_color(png: bytes, color: tuple[int, int, int]) -> bytes:
    """The same with one colour that is not to be seen (tRNS)."""
    body = b"tRNS" + struct.pack(">HHH", *color)
    chunk = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
    at = png.index(b"IDAT") - 4
    return png[:at] + chunk + png[at:]


def test_color_that_means_nothing_is_shown_as_white(tmp_path: Path) -> None:
    content = _with_transparent_color(_png(_quarters(100, 100)), (0, 0, 255))

    assert _colors(_large(content, tmp_path))[2] == (255, 255, 255)


@pytest.mark.parametrize(("degrees", "size"), [(0, (1280, 720)), (90, (720, 1280)), (180, (1280, 720))])
def test_poster_is_a_picture_of_the_video_turned_as_players_turn_it(
    degrees: int, size: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "video"
    path.write_bytes(videos.rotated(videos.made(sound=""), degrees))

    rendered = render_poster(FileSource(path))

    assert [picture.side for picture in rendered.pictures] == [LARGE, LARGE, SMALL, SMALL]
    assert (rendered.pictures[0].width, rendered.pictures[0].height) == size
    assert max(rendered.pictures[2].width, rendered.pictures[2].height) == SMALL
    for picture in rendered.pictures:
        with Image.open(io.BytesIO(picture.content)) as poster:
            pixels: NDArray[np.uint8] = np.asarray(poster)
            assert np.ptp(pixels) > 100


def test_video_without_pictures_has_no_poster(tmp_path: Path) -> None:
    path = tmp_path / "video"
    path.write_bytes(videos.remuxed(videos.made(), "-vn"))

    with pytest.raises(NothingToRenderError):
        render_poster(FileSource(path))
