"""Documents that contestants hand in are hostile: a download, or a page that can run and load nothing.

What is shown comes under a policy of its own, whose `sandbox` gives it an origin of nobody; the frame around it has
`sandbox` as well. A notebook is made into a static page by us, a PDF is a download.
"""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language

from competitions.document_kinds import CONTENT_TYPES, ENDINGS, read_notebook
from competitions.downloads import file_response
from competitions.judging import DocumentKind
from competitions.models import EntryDocument
from competitions.notebooks import notebook_page
from competitions.store import Store
from competitions.zipstream import read_file

POLICY: Final = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"
)
FRAMED: Final = (DocumentKind.HTML, DocumentKind.NOTEBOOK)
PICTURES: Final = (DocumentKind.PNG, DocumentKind.JPEG)


def document_download(request: HttpRequest, document: EntryDocument, *, name: str) -> HttpResponseBase:
    return file_response(
        request,
        path=Store(settings.FILES_DIR).blob_path(document.blob.sha256),
        name=name,
        sha256=document.blob.sha256,
        modified_at=document.version.submitted_at,
        content_type=CONTENT_TYPES[DocumentKind(document.kind)].replace("text/html", "application/octet-stream"),
    )


def document_view(document: EntryDocument, *, title: str) -> HttpResponseBase:
    """To be framed, or an image. 404 for what is only downloaded."""
    kind = DocumentKind(document.kind)
    if kind not in (*FRAMED, *PICTURES):
        raise Http404
    path = Store(settings.FILES_DIR).blob_path(document.blob.sha256)
    response: HttpResponseBase
    if kind == DocumentKind.NOTEBOOK:
        page = notebook_page(read_notebook(path) or {}, title=title, language=get_language() or "en")
        response = HttpResponse(page, content_type="text/html; charset=utf-8")
    else:
        response = StreamingHttpResponse(read_file(path, 0, document.blob.size_bytes), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def blind_name(document: EntryDocument, label: str) -> str:
    """entry-07-document-1.pdf: a file's own name may hold its author's."""
    return f"{label}-document-{document.position}.{ENDINGS[DocumentKind(document.kind)]}"
