"""Which files may be a sponsor's logo: told by their bytes, not by their names."""

import io

import pytest
from PIL import Image

from competitions.logos import MAX_BYTES, InvalidLogo, Logo, inspect_logo
from tests.makers import png_bytes


def picture(kind: str, size: tuple[int, int] = (120, 40), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#0a6570").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpeg"),
        (picture("JPEG", progressive=True), "jpeg"),
        (picture("WEBP"), "webp"),
        (picture("WEBP", lossless=True), "webp"),
        (picture("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), "webp"),  # the extended form
    ],
    ids=["png", "jpeg", "progressive", "webp", "lossless", "extended"],
)
def test_a_picture_is_known_with_its_size(content, kind):
    assert inspect_logo(content) == Logo(kind, 120, 40)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "SVG"),
        (b"<html><script>alert(1)</script></html>", "no picture"),
        (b"GIF89a" + b"\0" * 40, "no picture"),
        (b"", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "header"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIDAT" + b"\0" * 20, "IHDR"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "breaks off"),
        (b"\xff\xd8\xff\xd9" + b"\0" * 20, "does not say its size"),
        (b"RIFF\0\0\0\0WEBPVP8X", "breaks off"),
        (b"RIFF\0\0\0\0WEBPNONE" + b"\0" * 30, "does not say its size"),
        (png_bytes(5000, 10), "5000 x 10 pixels"),
        (png_bytes(0, 0), "0 x 0 pixels"),
        (png_bytes() + b"\0" * MAX_BYTES, "bytes"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_with_the_reason(content, what):
    with pytest.raises(InvalidLogo, match=what):
        inspect_logo(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_breaks_off_anywhere_is_read_or_refused_never_worse(kind):
    whole = picture(kind)
    for length in range(min(len(whole), 400)):
        try:
            inspect_logo(whole[:length])
        except InvalidLogo:
            continue
