"""Organisers' Markdown -> HTML that is safe to put into a page.

CommonMark with tables and strikethrough. HTML inside the text is shown as text, and what comes out passes an allow-list
all the same: one of the two may have a hole, both at the same place are unlikely.
"""

from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS: Final = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "img"),
}
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "code": {"class"},
    "th": {"class"},
    "td": {"class"},
}
CELL_CLASSES: Final = {"left": "text-start", "center": "text-center", "right": "text-end"}
CLASSES: Final = frozenset(CELL_CLASSES.values())
_markdown: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render(text: str, *, is_document: bool = False) -> str:
    """Safe HTML. Images are shown from this site only, since pages load nothing from elsewhere.

    `is_document`: it is shown alone, not inside one of our pages, and its headings stay as they are.
    """
    tokens = _markdown.parse(text)
    if not is_document:
        _demote_headings(tokens)
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            _use_class_for_alignment(token.attrs)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )


def _demote_headings(tokens: list[Token]) -> None:
    """The page around a text has its only h1: in a text that has one, all headings are one level lower."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _use_class_for_alignment(attributes: dict[str, str | int | float]) -> None:
    """The page's policy forbids style attributes."""
    side = str(attributes.pop("style", "")).removeprefix("text-align:")
    if side in CELL_CLASSES:
        attributes["class"] = CELL_CLASSES[side]


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if _is_on_this_site(value) else None
    if tag == "code" and name == "class":
        return value if value.startswith("language-") else None
    if name == "class":
        return value if value in CLASSES else None
    return value


def _is_on_this_site(address: str) -> bool:
    """Only a path: no scheme and no host. A backslash, which browsers read as a slash, comes encoded."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
