"""Files over HTTP that can be resumed: conditional requests and byte ranges as in RFC 9110, sections 13 and 14.

Content is immutable and named by its SHA-256, so the ETag is strong, and If-Range never mends two versions together.
A request for several ranges at once is answered with the whole file, which section 14.2 allows.
"""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date, parse_etags, parse_http_date_safe

from competitions.zipstream import ZipEntry, ZipLayout, read_file

__all__ = ["ZipEntry", "file_response", "zip_response"]
RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
MAX_DIGITS = 19


@dataclass(frozen=True, slots=True)
class _Content:
    """What is sent: its name and validators, and how to read any range of it."""

    name: str
    content_type: str
    size: int
    etag: str
    modified_at: datetime
    read: Callable[[int, int], Iterator[bytes]]
    sha256: str = ""

    @property
    def modified_seconds(self) -> int:
        return int(self.modified_at.timestamp())


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes start to stop (exclusive)."""

    start: int
    stop: int


class _Unsatisfiable(Exception):
    """A well-formed range that holds no byte of the content."""


def file_response(
    request: HttpRequest,
    *,
    path: Path,
    name: str,
    sha256: str,
    modified_at: datetime,
    content_type: str = "application/octet-stream",
) -> HttpResponseBase:
    """A stored file as an attachment: 200, 206, 304, 412 or 416, as the request's conditions and range ask."""
    read = partial(read_file, path)
    content = _Content(name, content_type, path.stat().st_size, f'"{sha256}"', modified_at, read, sha256)
    return _respond(request, content)


def zip_response(
    request: HttpRequest, entries: Sequence[ZipEntry], *, name: str, modified_at: datetime
) -> HttpResponseBase:
    """Stored files as one ZIP file, made while it is sent; it can be resumed like any file."""
    layout = ZipLayout(entries, modified_at=modified_at)
    content = _Content(name, "application/zip", layout.size, f'"{layout.digest}"', modified_at, layout.read)
    return _respond(request, content)


def _respond(request: HttpRequest, content: _Content) -> HttpResponseBase:
    failed = _failed_precondition(request, content)
    if failed is not None:
        return _with_validators(HttpResponse(status=failed), content)
    try:
        span = _wanted_span(request, content)
    except _Unsatisfiable:
        response = _with_validators(HttpResponse(status=416), content)
        response["Content-Range"] = f"bytes */{content.size}"
        return response
    return _body(request, content, span)


def _body(request: HttpRequest, content: _Content, span: _Span | None) -> HttpResponseBase:
    start, stop = (span.start, span.stop) if span else (0, content.size)
    status = 206 if span else 200
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status, content_type=content.content_type)
    else:
        response = StreamingHttpResponse(content.read(start, stop), status=status, content_type=content.content_type)
    response["Content-Length"] = str(stop - start)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=content.name) or ""
    if span:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    if content.sha256:
        response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(content.sha256)).decode()}:"
    return _with_validators(response, content)


def _with_validators(response: HttpResponseBase, content: _Content) -> HttpResponseBase:
    """What every answer carries. `no-transform`: a proxy that compressed it would break ranges and the ETag."""
    response["ETag"] = content.etag
    response["Last-Modified"] = http_date(content.modified_seconds)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache, no-transform"
    response["X-Content-Type-Options"] = "nosniff"
    # Were it opened as a page all the same, it would be one without an origin: no script, no cookie of ours.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _failed_precondition(request: HttpRequest, content: _Content) -> int | None:
    """The order of RFC 9110, 13.2.2. None: go on."""
    if "If-Match" in request.headers:
        tags = parse_etags(request.headers["If-Match"])
        if tags != ["*"] and content.etag not in tags:
            return 412
    elif _is_older(request.headers.get("If-Unmodified-Since"), content):
        return 412
    if "If-None-Match" in request.headers:
        tags = [tag.removeprefix("W/") for tag in parse_etags(request.headers["If-None-Match"])]
        return 304 if tags == ["*"] or content.etag in tags else None
    since = _seconds(request.headers.get("If-Modified-Since"))
    return 304 if since is not None and content.modified_seconds <= since else None


def _is_older(date: str | None, content: _Content) -> bool:
    seconds = _seconds(date)
    return seconds is not None and seconds < content.modified_seconds


def _seconds(date: str | None) -> int | None:
    return parse_http_date_safe(date) if date else None


def _wanted_span(request: HttpRequest, content: _Content) -> _Span | None:
    """The one range to send, or None for everything. A range that cannot be understood is ignored, as 14.2 says."""
    header = request.headers.get("Range", "")
    if request.method != "GET" or not header or not _is_same_version(request, content):
        return None
    match = RANGE.fullmatch(header.strip())
    if match is None or not any(match.groups()) or max(map(len, match.groups())) > MAX_DIGITS:
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), content.size)
    return _from(int(first), int(last) if last else None, content.size)


def _suffix(length: int, size: int) -> _Span:
    if length == 0 or size == 0:
        raise _Unsatisfiable
    return _Span(max(0, size - length), size)


def _from(first: int, last: int | None, size: int) -> _Span | None:
    if last is not None and last < first:
        return None  # not a valid range at all
    if first >= size:
        raise _Unsatisfiable
    return _Span(first, size if last is None else min(last + 1, size))


def _is_same_version(request: HttpRequest, content: _Content) -> bool:
    """If-Range: send the range only if the client's part is of this very content (strong comparison)."""
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == content.etag
    return _seconds(condition) == content.modified_seconds
