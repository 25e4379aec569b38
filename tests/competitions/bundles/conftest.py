"""An organiser, a store, and an import of the small table contest."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from competitions.bundles.loading import load
from competitions.models import User
from competitions.services.competitions import Imported, import_with_report
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest
from tests.launching import publish_untried

Importer = Callable[..., Imported]


@pytest.fixture
def owner(db: None) -> User:
    return makers.make_user("owner")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def importing(tmp_path: Path, owner: User, store: Store, now: datetime) -> Importer:
    """Write the contest with some lines changed, and import it."""

    def run(
        *changes: tuple[str, str],
        actor: User = owner,
        at: datetime = now,
        files: dict[str, str] | None = None,
        publish: bool = False,
        **options,
    ) -> Imported:
        text = TABLE_YAML
        for old, new in changes:
            text = changed(text, old, new)
        description = load(write_contest(tmp_path / "contest", text, **(files or {})))
        options = {"normalise_truth": normalise_table, **options}
        imported = import_with_report(description, actor=actor, now=at, store=store, **options)
        if publish:
            publish_untried(imported.competition, now=at)
            imported.competition.refresh_from_db()
        return imported

    return run
