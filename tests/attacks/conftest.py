"""The contest that is attacked; one for each file, and each test is taken back."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.attacks.fortress import Fortress, make_site
from tests.competitions.own_metric_site import trusted_boxes


@pytest.fixture(scope="module")
def fortress(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Fortress]:
    with django_db_blocker.unblock(), trusted_boxes(), transaction.atomic():
        yield make_site(tmp_path_factory.mktemp("fortress"))
        transaction.set_rollback(True)
