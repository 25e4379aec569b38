"""Hash chains: each record's SHA-256 covers its content and the hash of the record before it.

Content is written down in one way only, so that SQLite and PostgreSQL give back the same bytes: keys sorted, no spaces,
and no floating-point numbers, which PostgreSQL's jsonb would write differently (1e22 comes back as a whole number).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

SITE: Final = "site"
START: Final = "0" * 64  # what stands before the first record
HEAD_SALT: Final = "competitions.audit.head"
FIELDS: Final = (
    *("chain", "number", "at", "actor_id", "actor_name", "verb", "competition_id", "subject", "reason"),
    *("before", "after", "detail"),
)


def chain_of(competition_id: int | None) -> str:
    """A contest has a chain of its own; everything else is the site's."""
    return SITE if competition_id is None else f"contest-{competition_id}"


def plain(value: Any) -> Any:
    """The value in JSON types that every database keeps as they are; what has no such type is written as text."""
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return _text(str(value))


def _text(text: str) -> str:
    """PostgreSQL keeps neither NUL nor half a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest(content: Mapping[str, Any], previous: str) -> str:
    """SHA-256 in hexadecimal over the content's fields and the previous hash."""
    said = {name: instant(content[name]) if name == "at" else content[name] for name in FIELDS}
    written = json.dumps({**said, "previous": previous}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def head_text(chain: str, count: int, last_hash: str) -> str:
    """What the signature of a chain's end is made over."""
    return f"{chain}\n{count}\n{last_hash}"
