"""Files of the site's own pages, as they are collected when it starts."""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class GzippedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Gzip only. Brotli, which is there because fonts in PDF files need it, takes half a minute of processor time to
    save some kilobytes, each time that a site starts."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return Compressor(use_brotli=False, **kwargs)
