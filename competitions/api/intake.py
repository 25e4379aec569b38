"""Reading an upload out of a request: a form's file, or a raw body with its options in the address."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from competitions import uploads
from competitions.api.errors import ApiError

FORM = "multipart/form-data"
NOT_FILES = {"application/x-www-form-urlencoded", "application/json"}
MAX_NOTE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """`chunks(max_bytes)` gives the content, or raises FileTooLarge, LengthRequired or UploadBrokeOff."""

    file_name: str
    phase: str
    task: str
    note: str
    began_at: datetime
    chunks: Callable[[int], Iterable[bytes]]


def read_upload(request: Request, name: str = "") -> Upload:
    """What is being uploaded. A form has been received when this returns; a raw body is still on its way."""
    uploads.announced_bytes(request._request)
    kind = (request.content_type or "").split(";")[0].strip().lower()
    if kind == FORM and not name:
        return _form(request)
    if kind in NOT_FILES:
        text = _("Send the file as a form (curl -F file=@NAME) or as a body of type application/octet-stream.")
        raise ApiError(415, "unsupported_media_type", text)
    return _raw(request, name or request.query_params.get("name", ""))


def _form(request: Request) -> Upload:
    now = timezone.now()
    fields = request.data  # receives the form
    file = uploads.form_file(request)
    if file is None:
        raise ApiError(422, "file_missing", _("The form has no file in the field “file”."), fields=sorted(fields))
    return _upload(
        fields, file.name or "", uploads.began_at(request._request, now=now), lambda _max: uploads.form_chunks(file)
    )


def _raw(request: Request, name: str) -> Upload:
    options = request.query_params
    name = name or unquote(request.headers.get("X-File-Name", ""))
    if not name:
        raise ApiError(422, "file_name_missing", _("Say what the file is called: ?name=… or the header X-File-Name."))
    body = request._request
    return _upload(options, name, timezone.now(), lambda max_bytes: uploads.body_chunks(body, max_bytes=max_bytes))


def _upload(options: Any, name: str, began_at: datetime, chunks: Callable[[int], Iterable[bytes]]) -> Upload:
    note = str(options.get("note", ""))
    if len(note) > MAX_NOTE_CHARACTERS:
        raise ApiError(422, "note_too_long", _("A note has %(max)s characters at most.") % {"max": MAX_NOTE_CHARACTERS})
    return Upload(name, str(options.get("phase", "")), str(options.get("task", "")), note, began_at, chunks)
