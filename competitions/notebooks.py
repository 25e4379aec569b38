"""A contestant's notebook as a static page: Markdown, code, and outputs that are text or a picture.

Nothing of the notebook becomes HTML by itself: Markdown goes through competitions.markdown, everything else is
escaped, and of the outputs only text and PNG and JPEG data that are base64 of such a picture are shown. HTML, SVG,
JavaScript and widget outputs are named and left out. The page is sent with a policy that runs nothing all the same.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from competitions.markdown import render

MAX_CELLS = 2000
MAX_TEXT = 200_000  # characters of one cell or output
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;color:#12262b;"
    "background:#fff}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#eef4f5;padding:.75rem;"
    "border-radius:6px}pre.out{background:#fff;border:1px solid #c9d6d9}img{max-width:100%}"
    ".left-out{color:#5a6b70;font-style:italic}"
)


def notebook_page(notebook: Mapping[str, Any], *, title: str, language: str) -> str:
    """A whole page. What is not as a notebook should be is shown as text or left out, never an error."""
    cells = [one for one in notebook.get("cells", []) if isinstance(one, dict)]
    body = format_html_join("\n", "{}", ((_cell(one),) for one in cells[:MAX_CELLS]))
    rest = _left_out(_("Cells beyond the first %(count)s are not shown.") % {"count": MAX_CELLS})
    return format_html(
        '<!DOCTYPE html>\n<html lang="{}"><head><meta charset="utf-8"><title>{}</title><style>{}</style></head>'
        "<body>{}{}</body></html>",
        language,
        title,
        mark_safe(STYLE),  # noqa: S308  (our own constant)
        body,
        rest if len(cells) > MAX_CELLS else "",
    )


def _cell(cell: Mapping[str, Any]) -> SafeString:
    source = _text(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        return mark_safe(render(source, is_document=True))  # noqa: S308  (escaped and cleaned there)
    if cell.get("cell_type") != "code":
        return format_html("<pre>{}</pre>", source)
    outputs = cell.get("outputs")
    shown = [part for one in (outputs if isinstance(outputs, list) else []) for part in _output(one)]
    return format_html("<pre><code>{}</code></pre>{}", source, format_html_join("", "{}", ((one,) for one in shown)))


def _output(output: Any) -> Iterator[SafeString]:
    if not isinstance(output, dict):
        return
    kind = output.get("output_type")
    if kind == "stream":
        yield _printed(_text(output.get("text")))
    elif kind == "error":
        yield _printed(_text(output.get("traceback")) or _text(output.get("evalue")))
    elif isinstance(output.get("data"), dict):
        yield _rich(output["data"])


def _rich(data: Mapping[str, Any]) -> SafeString:
    """The picture where there is one, else the plain text, else that something is left out."""
    for kind, magic in PICTURES.items():
        encoded = _picture(_text(data.get(kind), limit=None), magic)
        if encoded:
            return format_html('<p><img alt="{}" src="data:{};base64,{}"></p>', _("Output of the cell"), kind, encoded)
    if "text/plain" in data:
        return _printed(_text(data["text/plain"]))
    kinds = ", ".join(str(kind)[:60] for kind in list(data)[:5])
    return _left_out(_("Left out: an output of the kind %(kinds)s.") % {"kinds": kinds})


def _picture(text: str, magic: bytes) -> str:
    """Base64 again of what is base64 of such a picture; '' otherwise."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(content).decode() if content.startswith(magic) else ""


def _printed(text: str) -> SafeString:
    return format_html('<pre class="out">{}</pre>', ANSI.sub("", text))


def _left_out(text: str) -> SafeString:
    return format_html('<p class="left-out">{}</p>', text)


def _text(value: Any, *, limit: int | None = MAX_TEXT) -> str:
    """A notebook's text is a string or a list of lines."""
    if isinstance(value, list):
        value = "".join(one for one in value if isinstance(one, str))
    return value[:limit] if isinstance(value, str) else ""
