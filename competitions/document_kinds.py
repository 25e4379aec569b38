"""What is this file? Decided by its bytes; its name is only a label."""

import json
import re
from pathlib import Path
from typing import Any

from competitions.judging import DocumentKind

HTML_START = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.I | re.S)
HEAD_BYTES = 64 * 1024
TAIL_BYTES = 4096
MAX_NOTEBOOK_BYTES = 32 * 1024 * 1024  # read into memory to be shown
CONTENT_TYPES = {
    DocumentKind.PDF: "application/pdf",
    DocumentKind.HTML: "text/html; charset=utf-8",
    DocumentKind.PNG: "image/png",
    DocumentKind.JPEG: "image/jpeg",
    DocumentKind.NOTEBOOK: "application/x-ipynb+json",
}
ENDINGS = {
    DocumentKind.PDF: "pdf",
    DocumentKind.HTML: "html",
    DocumentKind.PNG: "png",
    DocumentKind.JPEG: "jpg",
    DocumentKind.NOTEBOOK: "ipynb",
}


def document_kind(path: Path) -> DocumentKind | None:
    """None for anything that is not taken: also a PDF without an end and a notebook that cannot be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read()
    if head.startswith(b"%PDF-"):
        return DocumentKind.PDF if b"%%EOF" in tail else None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return DocumentKind.PNG if head[12:16] == b"IHDR" else None
    if head.startswith(b"\xff\xd8\xff"):
        return DocumentKind.JPEG
    if HTML_START.match(head) and b"\0" not in head:
        return DocumentKind.HTML
    if head.lstrip().startswith(b"{") and read_notebook(path) is not None:
        return DocumentKind.NOTEBOOK
    return None


def read_notebook(path: Path) -> dict[str, Any] | None:
    """A notebook of format 4 with its cells, or None."""
    if path.stat().st_size > MAX_NOTEBOOK_BYTES:
        return None
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("nbformat") != 4 or not isinstance(found.get("cells"), list):
        return None
    return found
