"""Public renditions: the right pixels, upright, and nothing else of the original."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from services.media.rendition import LONG_SIDE, NothingToRenderError, Rendition, render_photo, render_poster
from services.media.source import FileSource
from tests.media_corpus import photos, videos


def _rendered(content: bytes, folder: Path) -> tuple[Rendition, Image.Image]:
    path = folder / "photo"
    path.write_bytes(content)
    rendition = render_photo(FileSource(path))
    return rendition, Image.open(io.BytesIO(rendition.content))


def _quarters() -> Image.Image:
    """Four colours, one a quarter: red, green / blue, white."""
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[:30, :40], pixels[:30, 40:], pixels[30:, :40], pixels[30:, 40:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), 255
    return Image.fromarray(pixels)


def _saved(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **{"quality": 95, "subsampling": 0, **options})
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rendition_stands_upright(orientation: int, tmp_path: Path) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = _quarters() if orientation == 1 else _quarters().transpose(undo[orientation])

    _, shown = _rendered(photos.with_orientation(_saved(stored), orientation), tmp_path)

    assert shown.size == (80, 60)
    for place, color in {
        (10, 10): (255, 0, 0),
        (70, 10): (0, 255, 0),
        (10, 50): (0, 0, 255),
        (70, 50): (255,) * 3,
    }.items():
        pixel = shown.getpixel(place)
        assert isinstance(pixel, tuple)
        assert max(abs(a - b) for a, b in zip(pixel, color, strict=True)) < 30


def test_rendition_has_at_most_its_long_side_and_never_grows(tmp_path: Path) -> None:
    assert _rendered(photos.jpeg(3000, 1000), tmp_path)[1].size == (LONG_SIDE, 533)
    assert _rendered(photos.jpeg(200, 100), tmp_path)[1].size == (200, 100)


def test_rendition_carries_nothing_of_the_original_but_pixels(tmp_path: Path) -> None:
    secret = b"<?php GPS 39.9N 116.4E ?>"
    content = photos.with_segment(photos.with_orientation(photos.jpeg(), 6), 0xFE, secret)
    content = photos.with_segment(content, 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + secret) + secret

    rendition, shown = _rendered(content, tmp_path)

    assert secret not in rendition.content
    assert not shown.getexif()
    assert not {"comment", "icc_profile", "exif", "xmp"} & shown.info.keys()


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_rendition_is_rgb_whatever_the_original_is(mode: str, tmp_path: Path) -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128)).convert(mode)

    _, shown = _rendered(_saved(grey), tmp_path)

    assert shown.mode == "RGB"
    pixel = shown.getpixel((32, 32))
    assert isinstance(pixel, tuple)
    assert max(abs(value - 128) for value in pixel) < 8


def _swapped_profile() -> bytes:
    """sRGB with the colorants of red and green exchanged: what it calls red looks green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = (profile.index(tag, 128) + 4 for tag in (b"rXYZ", b"gXYZ"))
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    return bytes(profile)


def test_rendition_is_in_srgb(tmp_path: Path) -> None:
    """A picture's own profile is applied; one that is rubbish is left out of account."""
    red = Image.new("RGB", (64, 64), (200, 20, 20))

    _, converted = _rendered(_saved(red, icc_profile=_swapped_profile()), tmp_path)
    _, plain = _rendered(_saved(red, icc_profile=b"rubbish" * 40), tmp_path)

    seen, given = converted.getpixel((9, 9)), plain.getpixel((9, 9))
    assert isinstance(seen, tuple)
    assert isinstance(given, tuple)
    assert seen[1] > 150 > seen[0]
    assert given[0] > 150 > given[1]


def test_transparent_png_is_shown_on_white(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")

    assert _rendered(out.getvalue(), tmp_path)[1].getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(("degrees", "size"), [(0, (1280, 720)), (90, (720, 1280)), (180, (1280, 720))])
def test_poster_is_a_picture_of_the_video_turned_as_players_turn_it(
    degrees: int, size: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "video"
    path.write_bytes(videos.rotated(videos.made(sound=""), degrees))

    rendition = render_poster(FileSource(path))

    with Image.open(io.BytesIO(rendition.content)) as poster:
        assert poster.size == size
        assert np.ptp(np.asarray(poster)) > 100


def test_video_without_pictures_has_no_poster(tmp_path: Path) -> None:
    path = tmp_path / "video"
    path.write_bytes(videos.remuxed(videos.made(), "-vn"))

    with pytest.raises(NothingToRenderError):
        render_poster(FileSource(path))
