"""The texts of the contest file's format, and of the metrics and their parameters, in the reader's language.

They are data of the JSON schema and of the scoring library, which are English for everybody; their Japanese is a
catalogue of its own, schema.po.
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import get_language

import competitions

DOMAIN: Final = "schema"
LOCALES: Final = Path(competitions.__file__).with_name("locale")


def schema_text(text: str) -> str:
    """In English where the catalogue has it not, or was not compiled."""
    return _catalogue(get_language() or "en").gettext(text) if text else ""


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALES, languages=[language], fallback=True)
