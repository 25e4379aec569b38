"""A template as a PDF file: certificates and reports, from the same translations as the pages.

Nothing outside the template is read: a picture is a `data:` address, every other address is refused and left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

ALLOWED_PROTOCOLS: Final = ("data",)


def render_pdf(template: str, context: Mapping[str, Any], *, language: str) -> bytes:
    """The PDF file that `template`, an HTML page with its own style, gives in `language`."""
    # Imports for a second; only those who ask for a PDF file wait for it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    with translation.override(language):
        page = render_to_string(template, {**context, "language": language})
    return bytes(HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=ALLOWED_PROTOCOLS)).write_pdf())
