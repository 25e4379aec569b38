"""Receiving files: counted and cut off while they come, never held in memory, never believed about their length.

Two ways in. A form (multipart) is written to a temporary file by ReceivingHandler, which stops at the contest's limit;
a raw body is read block by block by whoever stores it. Content-Length is a promise only: it may be missing, and the
sender may fall silent in the middle.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.db.models import Max
from django.http import HttpRequest, UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _

from competitions.models import Division, Phase, WinnerAudit
from competitions.queries.competitions import organised_competitions
from competitions.store import FileTooLarge

BLOCK_BYTES = 1024 * 1024
FORM_SLACK_BYTES = 64 * 1024  # boundaries, headers and the other fields of a form
LARGEST_ELSEWHERE = 10 * 1024 * 1024  # files sent to addresses that belong to no contest
BEGAN = "tidemark.upload_began_at"
REFUSED = "tidemark.upload_limit_passed"
WORKSPACE_VIEWS = frozenset({"pages:workspace_files", "pages:workspace_import"})


class LengthRequired(Exception):
    """The body has no Content-Length."""


class UploadBrokeOff(Exception):
    """Fewer bytes came than were announced; nothing was kept."""


class ReceivingHandler(TemporaryFileUploadHandler):
    """Writes a form's file to the folder of incoming files and stops as soon as it is larger than allowed.

    The form's view is called only afterwards, so this notes when the upload began and whether it was cut off.
    """

    chunk_size = BLOCK_BYTES

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803  (Django names it so)
        content_length: int,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.announced, self.received = content_length, 0
        self.limit = _largest_for(self.request)
        self._meta().setdefault(BEGAN, timezone.now())

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.announced > self.limit + FORM_SLACK_BYTES:
            self._refuse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > self.limit:
            self._refuse()
        super().receive_data_chunk(raw_data, start)

    def _refuse(self) -> None:
        self._meta()[REFUSED] = self.limit
        raise StopUpload(connection_reset=True)

    def _meta(self) -> dict[str, Any]:
        return self.request.META if self.request is not None else {}


def _slug(request: HttpRequest | None) -> str:
    match = request.resolver_match if request is not None else None
    return str(match.kwargs.get("slug", "")) if match else ""


def _largest_for(request: HttpRequest | None) -> int:
    """Organisers send larger files into their workspace, and winners hand in more than a submission holds; anybody else
    is stopped there as everywhere."""
    match = request.resolver_match if request is not None else None
    if request is not None and match is not None and match.view_name in WORKSPACE_VIEWS:
        mine = organised_competitions(request.user).filter(slug=_slug(request))
        return int(settings.ORIGINAL_BYTES) if mine.exists() else LARGEST_ELSEWHERE
    if match is not None and match.url_name == "hand_in":
        audit = WinnerAudit.objects.filter(competition__slug=_slug(request)).first()
        return audit.rules.max_bytes if audit is not None else LARGEST_ELSEWHERE
    return largest_file(_slug(request))


def largest_file(slug: str) -> int:
    """The most bytes that any phase of the contest takes in a file, or a juried division in an entry; the limit of
    each is checked when it is stored."""
    largest = Phase.objects.filter(competition__slug=slug).aggregate(largest=Max("max_file_bytes"))["largest"]
    juried = Division.objects.filter(competition__slug=slug, judging__isnull=False)
    return max([int(largest or LARGEST_ELSEWHERE), *(one.rules.entry.max_bytes for one in juried)])


def began_at(request: HttpRequest, *, now: datetime) -> datetime:
    """When the upload of this request began: before its view was called, for a form."""
    return request.META.get(BEGAN, now)  # type: ignore[no-any-return]


def form_file(request: HttpRequest, name: str = "file") -> "UploadedFile[Any] | None":
    """The uploaded file of a form, or None; FileTooLarge when it was cut off."""
    file = request.FILES.get(name)
    if REFUSED in request.META:
        raise FileTooLarge(request.META[REFUSED])
    return file if isinstance(file, UploadedFile) else None


def form_chunks(file: "UploadedFile[Any]") -> Iterator[bytes]:
    return file.chunks(BLOCK_BYTES)


def body_chunks(request: HttpRequest, *, max_bytes: int) -> Iterator[bytes]:
    """A raw body, block by block. Raises before the first block when its length is unknown or too large."""
    announced = announced_bytes(request)
    if announced > max_bytes:
        raise FileTooLarge(max_bytes)
    return _counted(request, announced)


def announced_bytes(request: HttpRequest) -> int:
    """Content-Length, or LengthRequired: the end of a chunked body looks to us like a connection that was cut, and half
    a file must never be taken for a submission."""
    text = str(request.META.get("CONTENT_LENGTH") or "")
    if not (text.isascii() and text.isdigit()):
        raise LengthRequired(_("Say how long the file is: send Content-Length, not a chunked body."))
    return int(text)


def _counted(request: HttpRequest, announced: int) -> Iterator[bytes]:
    received = 0
    try:
        while block := request.read(BLOCK_BYTES):
            received += len(block)
            yield block
    except UnreadablePostError as error:
        raise UploadBrokeOff(_("The upload broke off; send it again.")) from error
    if received != announced:
        sizes = {"received": received, "announced": announced}
        raise UploadBrokeOff(
            _("The upload broke off after %(received)s of %(announced)s bytes; send it again.") % sizes
        )
