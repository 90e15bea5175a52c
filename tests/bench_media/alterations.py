"""What people do to a picture before they send it again, each at some strength."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Alteration = Callable[[Image.Image], Image.Image]


def jpeg(quality: int) -> Alteration:
    def saved(picture: Image.Image) -> Image.Image:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        return Image.open(out).convert("RGB")

    return saved


def resized(share: float) -> Alteration:
    return lambda picture: picture.resize(
        (max(8, round(picture.width * share)), max(8, round(picture.height * share))), Image.Resampling.BICUBIC
    )


def cropped(left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Alteration:
    def cut(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        return picture.crop(
            (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
        )

    return cut


def all_round(share: float) -> Alteration:
    return cropped(share, share, share, share)


def tinted(*strengths: float) -> Alteration:
    def changed(picture: Image.Image) -> Image.Image:
        pixels = np.asarray(picture, np.float32) * np.array(strengths, np.float32)
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))

    return changed


def with_gamma(gamma: float) -> Alteration:
    return lambda picture: picture.point([round(255 * (value / 255) ** gamma) for value in range(256)] * 3)


def hue(degrees: float) -> Alteration:
    def turned(picture: Image.Image) -> Image.Image:
        pixels = np.array(picture.convert("HSV"))
        pixels[..., 0] = (pixels[..., 0].astype(int) + round(degrees / 360 * 256)) % 256
        return Image.fromarray(pixels, "HSV").convert("RGB")

    return turned


def sepia(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(picture.convert("L"), "#2b1a0a", "#fff3d8")


def caption(picture: Image.Image) -> Image.Image:
    written = picture.copy()
    width, height = written.size
    ImageDraw.Draw(written).rectangle((width * 0.7, height * 0.95, width, height), fill=(20, 20, 20))
    return written


def one_after_another(*steps: Alteration) -> Alteration:
    def done(picture: Image.Image) -> Image.Image:
        for step in steps:
            picture = step(picture)
        return picture

    return done


ALTERATIONS: Mapping[str, Alteration] = {
    "JPEG, quality 70": jpeg(70),
    "JPEG, quality 30": jpeg(30),
    "JPEG, quality 10": jpeg(10),
    "half its size": resized(0.5),
    "a fifth of its size": resized(0.2),
    "stretched by 10 %": lambda picture: picture.resize((round(picture.width * 1.1), picture.height)),
    "brighter by 30 %": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "darker by 30 %": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "contrast + 40 %": lambda picture: ImageEnhance.Contrast(picture).enhance(1.4),
    "gamma 0.6": with_gamma(0.6),
    "gamma 1.6": with_gamma(1.6),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "sepia": sepia,
    "warmer": tinted(1.2, 1.0, 0.8),
    "saturation + 80 %": lambda picture: ImageEnhance.Color(picture).enhance(1.8),
    "hue by 20°": hue(20),
    "hue by 60°": hue(60),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(picture.width / 300)),
    "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(3, 150)),
    "mirrored": ImageOps.mirror,
    "cropped by 1 % all round": all_round(0.01),
    "cropped by 3 % all round": all_round(0.03),
    "cropped by 5 % all round": all_round(0.05),
    "cropped by 8 % all round": all_round(0.08),
    "cropped by 5 % on the left": cropped(left=0.05),
    "cropped by 5 % at the bottom": cropped(bottom=0.05),
    "cropped by 5 % in a corner": cropped(left=0.05, top=0.05),
    "cropped by 8 % in a corner": cropped(left=0.08, top=0.08),
    "from 3:2 to 4:3": cropped(left=0.055, right=0.055),
    "turned by 1°": lambda picture: all_round(0.02)(picture.rotate(1, Image.Resampling.BICUBIC)),
    "a small caption": caption,
    "cropped by 3 %, quality 70": one_after_another(all_round(0.03), jpeg(70)),
    "cropped, warmer, half, quality 50": one_after_another(
        cropped(0.03, 0.01, 0.02, 0.04), tinted(1.2, 1.0, 0.8), resized(0.5), jpeg(50)
    ),
    "mirrored, cropped by 3 %, quality 50": one_after_another(ImageOps.mirror, all_round(0.03), jpeg(50)),
}
BEYOND = frozenset({"hue by 60°", "cropped by 8 % all round", "cropped by 8 % in a corner", "turned by 1°"})
"""More than is promised; measured to know where it ends."""
