"""A drawing as a PNG file, with its title and source written on it: what somebody puts into slides.

Letters come from a font of this machine that has Japanese ones, which fontconfig names (`fc-match`), as it does for
the site's PDF files.
"""

import io
import subprocess
from functools import cache
from typing import Any, Final

from competitions.drawings import COLOURS, TEXT_SIZE, Drawing, Label, Rect

SCALE: Final = 2
MARGIN, HEAD = 24, 64
PATTERN: Final = "Noto Sans CJK JP:lang=ja"
ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}
PAPER, INK = "#ffffff", "#0b2530"


class NoFont(Exception):
    """This machine has no font to write with."""


def png(drawing: Drawing, *, title: str, subtitle: str) -> bytes:
    """Raises NoFont."""
    from PIL import Image, ImageDraw  # a tenth of a second that only pictures wait for

    width, height = drawing.width + 2 * MARGIN, drawing.height + HEAD + 2 * MARGIN
    image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.text(_at(0, -HEAD + 20), title, fill=INK, font=_font(18), anchor="ls")
    canvas.text(_at(0, -HEAD + 42), subtitle, fill=COLOURS["text"], font=_font(TEXT_SIZE), anchor="ls")
    for shape in drawing.shapes:
        _draw(canvas, shape)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(canvas: Any, shape: Any) -> None:
    if isinstance(shape, Label):
        place, anchor = _at(shape.x, shape.y), ANCHORS[shape.anchor]
        canvas.text(place, shape.text, fill=COLOURS["text"], font=_font(TEXT_SIZE), anchor=anchor)
    elif isinstance(shape, Rect):
        end = _at(shape.x + shape.width, shape.y + shape.height)
        start = _at(shape.x, shape.y)
        # Pillow paints the last row and column, too; a column narrower than a pixel is still there.
        canvas.rectangle((start, (max(start[0], end[0] - 1), max(start[1], end[1] - 1))), fill=COLOURS[shape.role])
    else:
        width = round((2.5 if shape.role == "line" else 1) * SCALE)
        canvas.line([_at(x, y) for x, y in shape.points], fill=COLOURS[shape.role], width=width)


def _at(x: float, y: float) -> tuple[float, float]:
    return (x + MARGIN) * SCALE, (y + MARGIN + HEAD) * SCALE


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    path, index = _font_file()
    try:
        return ImageFont.truetype(path, size * SCALE, index=index)
    except OSError as error:
        raise NoFont(f"the font {path} cannot be read: {error}") from None


@cache
def _font_file() -> tuple[str, int]:
    command = ["fc-match", "--format=%{file}\n%{index}", PATTERN]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise NoFont(f"fc-match (fontconfig) does not answer: {error}") from None
    path, _, index = answer.partition("\n")
    return path, int(index or 0)
