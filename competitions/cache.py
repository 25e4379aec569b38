"""A cache that may be away. What it holds (rate counts, small hints) is worth less than an answer on the last day."""

import json
import logging
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class PlainJson:
    """Django's own serializer is pickle: whoever could write to Redis could run programs here. Whole numbers stay as
    they are, so that Redis can count with them; a tuple comes back as a list."""

    def dumps(self, value: Any) -> bytes | int:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache; when the server does not answer, nothing is found and nothing is kept."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {"serializer": PlainJson, **params.get("OPTIONS", {})}})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(default, super().get, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._try({}, super().get_many, keys, version))

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._try(None, super().set, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._try(True, super().add, key, value, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try(False, super().delete, key, version))

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._try(False, super().touch, key, timeout, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try(False, super().has_key, key, version))

    def _try(self, otherwise: Any, act: Any, *args: Any) -> Any:
        try:
            return act(*args)
        except (RedisError, OSError) as error:
            log.warning("the cache is away: %s", type(error).__name__)
            return otherwise
