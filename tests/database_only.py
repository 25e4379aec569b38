"""A plugin of pytest (`-p tests.database_only`): leaves out the tests that ask nothing of the database."""

import pytest

FIXTURES = {"db", "transactional_db"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    others = [item for item in items if not _asks(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _asks(item)]


def _asks(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not FIXTURES.isdisjoint(fixtures)
