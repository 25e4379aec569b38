"""PDF files that the site makes."""

import re
import zlib

import pytest
from django.template.loader import get_template

from competitions.pdf import render_pdf
from tests.pdf_text import pdf_says

PAGE = '<html lang="{{ language }}"><body><p>{{ name }}</p>{{ picture|safe }}</body></html>'


@pytest.fixture
def template(settings, tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    assert get_template("page.html")
    return "page.html"


def streams(pdf: bytes) -> bytes:
    """Everything in the file, unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"".join(_unpacked(part) for part in packed) + pdf


def _unpacked(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return part


def test_japanese_is_set_in_a_font_that_travels_with_the_file(template):
    pdf = render_pdf(template, {"name": "海氷の面積", "picture": ""}, language="ja")
    assert pdf.startswith(b"%PDF-")
    assert b"FontFile" in streams(pdf)
    assert b"CJK" in streams(pdf)


def test_what_is_printed_can_be_read_in_the_file(template):
    for name in ("海氷の面積", "Area of sea ice"):
        pdf = render_pdf(template, {"name": name, "picture": ""}, language="ja")
        assert pdf_says(pdf, name)
        assert not pdf_says(pdf, f"{name[:-1]}!")


def test_a_file_of_the_machine_or_of_another_host_is_not_read(template, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-4711")
    for address in (secret.as_uri(), "http://127.0.0.1:9/canary-4711"):
        link = f'<link rel="attachment" href="{address}"><img src="{address}">'
        assert b"canary-4711" not in streams(render_pdf(template, {"name": "x", "picture": link}, language="en"))
