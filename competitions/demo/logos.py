"""Logos of sponsors who do not exist, drawn by code like the demo's other files."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

SCALE: Final = 4  # drawn larger and made smaller, for smooth edges
SIZE: Final = (420, 120)
TEAL, ICE, INK = "#0a6570", "#8fd0d8", "#0b2530"
Points = list[tuple[float, float]]
FLOES: Final[list[Points]] = [
    [(16, 78), (40, 60), (66, 70), (58, 94), (28, 98)],
    [(70, 72), (98, 58), (112, 80), (92, 98), (66, 92)],
    [(40, 52), (62, 36), (86, 46), (74, 64)],
]
WAVES: Final = (40, 62, 84)


def write_logos(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    _drift_ice().save(folder / "drift-ice.png", "PNG")
    _harbour().save(folder / "harbour.png", "PNG")


def _drift_ice() -> Image.Image:
    image, canvas = _plate("Drift Ice Lab")
    for number, floe in enumerate(FLOES):
        canvas.polygon([(x * SCALE, y * SCALE) for x, y in floe], fill=TEAL if number == 2 else ICE)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def _harbour() -> Image.Image:
    image, canvas = _plate("Shiokaze Works")
    for top in WAVES:
        for left in (16, 64):
            box = (left * SCALE, (top - 12) * SCALE, (left + 48) * SCALE, (top + 12) * SCALE)
            canvas.arc(box, 0, 180, fill=TEAL, width=6 * SCALE)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def _plate(name: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A white plate with the name to the right of the sign; the font comes with Pillow, so it is the same anywhere."""
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), "#ffffff")
    canvas = ImageDraw.Draw(image)
    canvas.text((136 * SCALE, 66 * SCALE), name, fill=INK, font=ImageFont.load_default(34 * SCALE), anchor="lm")
    return image, canvas
