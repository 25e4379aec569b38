"""A cache in this process that keeps what the site's own cache can keep, and gives it back as that would."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache

from competitions.cache import PlainJson


class JsonCache(LocMemCache):
    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        super().set(key, _through_json(value), timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return super().add(key, _through_json(value), timeout, version)


def _through_json(value: Any) -> Any:
    written = PlainJson().dumps(value)
    return written if isinstance(written, int) else PlainJson().loads(written)
