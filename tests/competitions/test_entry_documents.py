"""What a file is, by its bytes; and a notebook as a page that can do nothing."""

import base64
import json
from pathlib import Path

import pytest

from competitions.document_kinds import document_kind
from competitions.judging import DocumentKind
from competitions.notebooks import MAX_CELLS, notebook_page
from tests.competitions.jury import HTML, JPEG, NOTEBOOK, PDF, PNG


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, DocumentKind.PDF),
        (PNG, DocumentKind.PNG),
        (JPEG, DocumentKind.JPEG),
        (HTML, DocumentKind.HTML),
        (b"\xef\xbb\xbf <!-- a --> <HTML><p>x", DocumentKind.HTML),
        (NOTEBOOK, DocumentKind.NOTEBOOK),
        (b"", None),
        (b"MZ\x90\x00", None),
        (b"PK\x03\x04", None),
        (b"%PDF-1.7 and no end", None),
        (b"\x89PNG\r\n\x1a\n and no header", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<p>no page", None),
        (b"<html>\0", None),
        (b"{}", None),
        (b'{"nbformat": 3, "cells": []}', None),
        (b'{"nbformat": 4, "cells": {}}', None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path: Path, content, kind):
    path = tmp_path / "named.pdf"
    path.write_bytes(content)
    assert document_kind(path) == kind


def page(*cells) -> str:
    return notebook_page({"nbformat": 4, "cells": list(cells)}, title="entry-07", language="en")


def output(**data) -> dict:
    return {"output_type": "display_data", "data": {name.replace("_", "/", 1): value for name, value in data.items()}}


def code(*outputs) -> dict:
    return {"cell_type": "code", "source": ["print(1)\n", "x < y"], "outputs": list(outputs)}


def test_markdown_code_text_and_pictures_are_shown():
    png = base64.b64encode(PNG).decode()
    shown = page(
        {"cell_type": "markdown", "source": "# Sea *ice*"},
        code({"output_type": "stream", "text": ["one\n", "\x1b[31mtwo\x1b[0m"]}, output(image_png=png + "\n")),
    )
    assert "<h1>Sea <em>ice</em></h1>" in shown
    assert "print(1)\nx &lt; y" in shown
    assert "one\ntwo" in shown
    assert f'src="data:image/png;base64,{png}"' in shown


HOSTILE = [
    {
        "cell_type": "markdown",
        "source": "<script>alert(1)</script> [x](javascript:alert(1)) ![a](https://spy.example/)",
    },
    {"cell_type": "raw", "source": "<script>alert(1)</script>"},
    code(output(text_html="<script>alert(1)</script>")),
    code(output(image_svg="<svg onload=alert(1)>")),
    code(output(application_javascript="alert(1)")),
    code(output(image_png='"><script>alert(1)</script>')),
    code(output(image_png=base64.b64encode(b"<script>alert(1)</script>").decode())),
    code(output(text_plain="<script>alert(1)</script>")),
    code({"output_type": "error", "traceback": ["<script>alert(1)</script>"]}),
    code({"output_type": "display_data", "data": {"<script>alert(1)</script>": "x"}}),
    {"cell_type": "code", "source": {"a": 1}, "outputs": "none"},
    {"cell_type": ["x"], "source": [1, None, "<script>"]},
    "no cell",
    None,
]


@pytest.mark.parametrize("cell", HOSTILE)
def test_nothing_of_a_notebook_becomes_html_of_its_own(cell):
    shown = page(cell)
    body = shown.split("<body>", 1)[1]
    assert "<script" not in body
    assert "<svg" not in body
    assert "javascript:alert" not in body.replace("[x](javascript:alert(1))", "")
    assert 'src="http' not in body


def test_a_title_cannot_leave_its_place():
    shown = notebook_page({"cells": []}, title="</title><script>x</script>", language="ja")
    assert "<script>" not in shown
    assert '<html lang="ja">' in shown


def test_a_notebook_without_end_is_cut_off_and_says_so():
    shown = page(*[{"cell_type": "raw", "source": "x"}] * (MAX_CELLS + 1))
    assert shown.count("<pre>") == MAX_CELLS
    assert "are not shown" in shown


def test_a_real_notebook_survives_its_way_through_json():
    assert "Hello" in notebook_page(json.loads(NOTEBOOK), title="n", language="en")
