"""Drawn library scenes: shelves, a reading room, an audience, a book bus, an open book; small, scaled up later."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageChops, ImageDraw

Colour = tuple[int, int, int]
Canvas = tuple[Image.Image, ImageDraw.ImageDraw, int, int]

_MIRRORED = 0.5
_LIGHTS = 4
_PAPER: tuple[Colour, ...] = ((236, 224, 200), (222, 226, 230), (240, 232, 222), (214, 206, 190))
_CLOTH: tuple[Colour, ...] = (
    (122, 48, 44),
    (44, 74, 110),
    (60, 96, 66),
    (150, 112, 50),
    (88, 62, 104),
    (52, 56, 62),
    (168, 84, 52),
    (70, 120, 124),
)


def _near(rng: Random, colour: Colour, spread: int = 18) -> Colour:
    red, green, blue = (max(0, min(210, part + rng.randint(-spread, spread))) for part in colour)
    return red, green, blue


def _canvas(rng: Random, width: int, height: int) -> Canvas:
    """A wall lit from one side: a vertical and a horizontal gradient, so that no two backgrounds are alike."""
    top, bottom = _near(rng, rng.choice(_PAPER), 30), _near(rng, rng.choice(_PAPER), 40)
    strip = Image.new("RGB", (2, 2))
    strip.putdata([top, _near(rng, top, 24), bottom, _near(rng, bottom, 24)])
    image = strip.resize((width, height), Image.Resampling.BILINEAR)
    return image, ImageDraw.Draw(image), width, height


def _person(draw: ImageDraw.ImageDraw, rng: Random, x: float, foot: float, tall: float) -> None:
    """A silhouette that stands on `foot`, `tall` pixels high."""
    cloth, head = _near(rng, rng.choice(_CLOTH)), tall * 0.11
    lean = rng.uniform(-0.06, 0.06) * tall
    shoulder, hip = tall * 0.17, tall * 0.12
    draw.polygon(
        [
            (x - hip, foot),
            (x - shoulder + lean, foot - tall * 0.74),
            (x + shoulder + lean, foot - tall * 0.74),
            (x + hip, foot),
        ],
        fill=cloth,
    )
    crown = foot - tall + head
    draw.ellipse(
        (x + lean - head, crown - head, x + lean + head, crown + head * 1.2), fill=_near(rng, (150, 112, 88), 26)
    )
    draw.pieslice(
        (x + lean - head * 1.1, crown - head * 1.2, x + lean + head * 1.1, crown + head), 180, 360, fill=(40, 36, 34)
    )


def shelves(rng: Random, width: int, height: int) -> Image.Image:
    """Rows of spines, some leaning, some gaps, and a reader in front of them."""
    image, draw, width, height = _canvas(rng, width, height)
    rows = rng.randint(4, 7)
    tall = height / rows
    for row in range(rows):
        base = (row + 1) * tall - 6
        x = rng.uniform(0, 12)
        while x < width:
            thick, high = rng.uniform(7, 26), tall * rng.uniform(0.55, 0.9)
            if rng.random() < 0.06:
                x += thick * 2
                continue
            lean = rng.uniform(4, 14) if rng.random() < 0.08 else 0.0
            spine = _near(rng, rng.choice(_CLOTH), 34)
            draw.polygon(
                [(x, base), (x + lean, base - high), (x + lean + thick, base - high), (x + thick, base)], fill=spine
            )
            if thick > 11:
                label = base - high * rng.uniform(0.3, 0.8)
                draw.rectangle(
                    (x + lean * 0.5 + 2, label, x + lean * 0.5 + thick - 2, label + 9), fill=rng.choice(_PAPER)
                )
            x += thick + lean + rng.uniform(0, 1.5)
        draw.rectangle((0, base, width, base + 6), fill=_near(rng, (110, 82, 54)))
    for _ in range(rng.randint(0, 2)):
        _person(draw, rng, rng.uniform(0.1, 0.9) * width, height * 1.02, height * rng.uniform(0.5, 0.8))
    return image


def reading_room(rng: Random, width: int, height: int) -> Image.Image:
    """Windows, long tables in perspective, lamps, people who read."""
    image, draw, width, height = _canvas(rng, width, height)
    count = rng.randint(3, 6)
    for index in range(count):
        left, wide = width * (index + 0.15) / count, width * 0.7 / count
        draw.rectangle((left, height * 0.05, left + wide, height * 0.42), fill=_near(rng, (200, 208, 210), 10))
        for bar in range(1, 4):
            draw.line(
                (left + wide * bar / 4, height * 0.05, left + wide * bar / 4, height * 0.42), fill=(92, 84, 74), width=3
            )
    for row in range(rng.randint(3, 5)):
        y = height * (0.46 + 0.13 * row)
        margin = width * (0.28 - 0.07 * row)
        people = rng.randint(2, 6)
        for seat in range(people):
            x = margin + (width - 2 * margin) * (seat + rng.uniform(0.2, 0.8)) / people
            _person(draw, rng, x, y + 8, height * (0.15 + 0.045 * row))
        wood = _near(rng, (140, 100, 62))
        draw.polygon(
            [
                (margin, y),
                (width - margin, y),
                (width - margin * 0.8, y + height * 0.05),
                (margin * 0.8, y + height * 0.05),
            ],
            fill=wood,
        )
        for lamp in range(rng.randint(1, 3)):
            x = margin + (width - 2 * margin) * (lamp + 0.5) / 3
            draw.polygon(
                [(x - 16, y - 6), (x + 16, y - 6), (x + 8, y - 22), (x - 8, y - 22)], fill=_near(rng, (70, 120, 84))
            )
    return image


def audience(rng: Random, width: int, height: int) -> Image.Image:
    """A stage with a banner, a speaker, and many backs of heads."""
    image, draw, width, height = _canvas(rng, width, height)
    draw.rectangle((width * 0.08, height * 0.06, width * 0.92, height * 0.24), fill=_near(rng, (168, 44, 40)))
    for stroke in range(rng.randint(7, 12)):
        x, y, side = width * (0.12 + stroke * 0.065), height * 0.1, height * 0.09
        for _ in range(rng.randint(4, 8)):
            a, b = (rng.uniform(0, side), rng.uniform(0, side)), (rng.uniform(0, side), rng.uniform(0, side))
            draw.line((x + a[0], y + a[1], x + b[0], y + b[1]), fill=(226, 204, 120), width=3)
    _person(draw, rng, width * rng.uniform(0.3, 0.7), height * 0.62, height * 0.34)
    for row in range(6):
        y = height * (0.6 + 0.09 * row)
        for seat in range(rng.randint(8, 15)):
            radius = height * (0.026 + 0.006 * row)
            x = width * (seat + rng.uniform(0.2, 0.8)) / 13
            draw.ellipse(
                (x - radius * 2, y + radius, x + radius * 2, y + radius * 5), fill=_near(rng, rng.choice(_CLOTH))
            )
            draw.ellipse((x - radius, y - radius, x + radius, y + radius * 1.3), fill=_near(rng, (46, 40, 38), 16))
    return image


def book_bus(rng: Random, width: int, height: int) -> Image.Image:
    """A bus with shelves in its side, hills behind it, children in front of it."""
    image, draw, width, height = _canvas(rng, width, height)
    draw.rectangle((0, 0, width, height * 0.6), fill=_near(rng, (150, 186, 206), 20))
    for ridge in range(3):
        phase, high = rng.uniform(0, 6.28), height * (0.34 + 0.08 * ridge)
        line = [(x, high + math.sin(x / rng.uniform(60, 64) + phase) * height * 0.05) for x in range(0, width + 20, 20)]
        draw.polygon(
            [(0, height), *line, (width, height)], fill=_near(rng, (92 - 12 * ridge, 128 - 14 * ridge, 96 - 8 * ridge))
        )
    draw.rectangle((0, height * 0.74, width, height), fill=_near(rng, (138, 128, 112)))
    left, right, roof, floor = (
        width * rng.uniform(0.06, 0.16),
        width * rng.uniform(0.8, 0.94),
        height * 0.32,
        height * 0.78,
    )
    draw.rounded_rectangle((left, roof, right, floor), 24, fill=_near(rng, rng.choice(_CLOTH), 30))
    x = left + 30
    while x < right - 40:
        thick = rng.uniform(6, 13)
        for shelf in (0.48, 0.58, 0.68):
            draw.rectangle(
                (x, height * (shelf - 0.075), x + thick - 1, height * shelf), fill=_near(rng, rng.choice(_CLOTH), 40)
            )
        x += thick
    for wheel in (0.2, 0.78):
        x = left + (right - left) * wheel
        draw.ellipse((x - 44, floor - 36, x + 44, floor + 52), fill=(34, 34, 36))
        draw.ellipse((x - 18, floor - 10, x + 18, floor + 26), fill=(150, 150, 150))
    for _ in range(rng.randint(4, 9)):
        _person(
            draw,
            rng,
            rng.uniform(0.05, 0.95) * width,
            height * rng.uniform(0.86, 0.99),
            height * rng.uniform(0.22, 0.4),
        )
    return image


def open_book(rng: Random, width: int, height: int) -> Image.Image:
    """Two pages of columns on a table: fine strokes, as a camera sees print."""
    image, draw, width, height = _canvas(rng, width, height)
    draw.rectangle((0, 0, width, height), fill=_near(rng, (112, 78, 50), 26))
    slant = rng.uniform(-0.05, 0.05) * height
    middle = width * rng.uniform(0.47, 0.53)
    for left, right, tilt in ((width * 0.07, middle - 4, slant), (middle + 4, width * 0.93, -slant)):
        page = [(left, height * 0.1 + tilt), (right, height * 0.1), (right, height * 0.9), (left, height * 0.9 + tilt)]
        draw.polygon(page, fill=_near(rng, (206, 198, 178), 8))
        columns = rng.randint(11, 16)
        for column in range(columns):
            x = left + (right - left) * (column + 0.5) / columns
            for cell in range(rng.randint(16, 27)):
                y = height * 0.14 + tilt * 0.6 + cell * height * 0.026
                for _ in range(3):
                    a, b = rng.uniform(-7, 7), rng.uniform(-6, 6)
                    draw.line((x - a, y - b, x + a, y + b), fill=_near(rng, (50, 44, 40), 20), width=2)
    return image


SCENES: tuple[Callable[[Random, int, int], Image.Image], ...] = (shelves, reading_room, audience, book_bus, open_book)


def draw(rng: Random, width: int, height: int) -> Image.Image:
    """One scene of `width` × `height` pixels, RGB, as `rng` says: from near or far, from either side, by any light.

    Without that, two drawings of one scene would be as like as two copies of one picture.
    """
    zoom = rng.uniform(1.15, 1.9)
    whole = rng.choice(SCENES)(rng, round(width * zoom), round(height * zoom))
    left, top = rng.randint(0, whole.width - width), rng.randint(0, whole.height - height)
    seen = whole.crop((left, top, left + width, top + height))
    if rng.random() < _MIRRORED:
        seen = seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageChops.multiply(seen, _light(rng, width, height))


def _light(rng: Random, width: int, height: int) -> Image.Image:
    """Sun and shade: how much of its light each place has, softly from one to the next."""
    levels = Image.new("L", (_LIGHTS, _LIGHTS))
    levels.putdata([rng.randint(90, 255) for _ in range(_LIGHTS**2)])
    return levels.resize((width, height), Image.Resampling.BICUBIC).convert("RGB")
