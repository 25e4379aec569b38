"""Texts that organisers write in several languages: {"en": ..., "ja": ...}."""

from collections.abc import Mapping

from django.utils.translation import get_language

LANGUAGES = ("en", "ja")


def text_in(texts: Mapping[str, str] | None, language: str | None = None) -> str:
    """The text in the wanted (or the active) language; where that is missing, in the first that there is."""
    if not texts:
        return ""
    wanted = (language or get_language() or LANGUAGES[0]).split("-")[0]
    return texts.get(wanted) or next((texts[code] for code in LANGUAGES if texts.get(code)), "")


def same_in_all(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)
