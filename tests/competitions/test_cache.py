"""A cache that is away answers as if it were empty."""

import pytest

from competitions.cache import ForgivingRedisCache
from tests import servers


@pytest.fixture
def dead_cache() -> ForgivingRedisCache:
    return ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})


def test_an_upload_in_the_last_minute_does_not_fail_because_the_cache_is_away(dead_cache: ForgivingRedisCache) -> None:
    dead_cache.set("key", 1)
    assert dead_cache.get("key", "nothing") == "nothing"
    assert dead_cache.get_many(["key"]) == {}
    assert dead_cache.add("key", 1) is True
    assert dead_cache.delete("key") is False
    assert dead_cache.touch("key") is False
    assert "key" not in dead_cache


@pytest.mark.slow
def test_a_cache_that_answers_is_a_cache() -> None:
    with servers.redis_server() as url:
        cache = ForgivingRedisCache(url, {})
        cache.set("key", {"count": 1})
        assert cache.get("key") == {"count": 1}
        assert cache.add("key", 2) is False
        assert cache.get_many(["key", "other"]) == {"key": {"count": 1}}
        assert cache.delete("key") is True
        cache.close()
