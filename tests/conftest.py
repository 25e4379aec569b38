"""Fixtures: a contest and the people around it."""

import fcntl
import gc
import os
import shutil
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone, translation

from competitions.database import append_only
from competitions.models import Competition, Team, User
from competitions.status import Role
from competitions.store import Store
from tests import makers
from tests.site import Site

FIRST = "test_the_database_lane_passes_on_postgresql_too"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lane on PostgreSQL is a run of its own and the longest test of all, so it comes first."""
    items.sort(key=lambda item: item.name != FIRST)
    if os.environ.get("DATABASE_URL"):
        items[:] = [item for item in items if _uses_the_database(item)]


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: rubbish is not looked for in it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _uses_the_database(item: pytest.Item) -> bool:
    """Tests that touch none say nothing new on another one."""
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool({"db", "transactional_db"} & names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure on a live site, say what the site knew and logged: it is gone when somebody looks."""
    report = yield
    if report.failed and call.when == "call":
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Site):
                report.sections.append((f"what {name} says of itself", value.diagnosis()))
    return report


@pytest.fixture(scope="session", autouse=True)
def _state_folder_is_removed() -> Iterator[None]:
    yield
    shutil.rmtree(settings.TIDEMARK_HOME, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    """Tests with real transactions empty all tables in the end, the append-only one with them."""
    operations, flush = type(connection.ops), type(connection.ops).sql_flush

    def flush_all(self, *args, **options):
        vendor = connection.vendor
        return [*append_only.removing(vendor), *flush(self, *args, **options), *append_only.installing(vendor)]

    operations.sql_flush = flush_all
    yield
    operations.sql_flush = flush


@pytest.fixture(scope="session")
def blank_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with tables and nothing in them, made once in a run by the first process that needs it."""
    base = tmp_path_factory.getbasetemp()
    site = Site((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "blank-site")
    site.home.mkdir(exist_ok=True)
    made = site.home / "made"
    with Path(f"{site.home}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            site.manage("migrate", "--verbosity=0")
            made.touch()
    return site


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Throttles count in the cache; no test may inherit another's counts."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request in Japanese leaves its language active in the thread; the next test begins in English all the same."""
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def store() -> Store:
    return Store(settings.FILES_DIR)


@pytest.fixture
def competition(db: None) -> Competition:
    """A published contest with one open phase, one table task with a scoring version, and its boards."""
    return makers.make_competition()


@pytest.fixture
def organiser(competition: Competition) -> User:
    return makers.make_member(competition, "organiser", Role.ORGANISER)


@pytest.fixture
def juror(competition: Competition) -> User:
    return makers.make_member(competition, "juror", Role.JUROR)


@pytest.fixture
def sponsor(competition: Competition) -> User:
    return makers.make_member(competition, "sponsor", Role.SPONSOR)


@pytest.fixture
def team(competition: Competition) -> Team:
    return makers.make_team(competition, "contestant")


@pytest.fixture
def contestant(team: Team) -> User:
    return team.members.get().user


@pytest.fixture
def rival(competition: Competition) -> User:
    return makers.make_team(competition, "rival").members.get().user


@pytest.fixture
def visitor(db: None) -> User:
    """A person with an account who has not joined."""
    return makers.make_user("visitor")


@pytest.fixture
def operator(db: None) -> User:
    return makers.make_user("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=400)


@pytest.fixture(scope="session")
def compiled_catalogue() -> None:
    """Japanese on pages needs the compiled catalogue, which the set-up script makes."""
    if not (settings.LOCALE_PATHS[0] / "ja" / "LC_MESSAGES" / "django.mo").is_file():
        pytest.skip("the Japanese catalogue is not compiled; run manage.py compilemessages")
