"""The contest that is attacked; one for each file, and each test is taken back."""

from collections.abc import Iterator

import pytest

from tests.attacks.fortress import Fortress, make_site
from tests.competitions.own_metric_site import trusted_boxes
from tests.competitions.stage import taken_back


@pytest.fixture(scope="module")
def fortress(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Fortress]:
    with taken_back(django_db_blocker), trusted_boxes():
        yield make_site(tmp_path_factory.mktemp("fortress"))
