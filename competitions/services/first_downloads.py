"""Remember that a person fetched a data release: one row for a person and release, without an address or a count."""

from datetime import datetime

from competitions.models import DataRelease, FirstDownload, User
from competitions.permissions import Visitor


def record_first_download(user: Visitor, release: DataRelease, *, now: datetime) -> None:
    """Safe twice, and a read after the first time: a resumed download asks again and again."""
    if not isinstance(user, User) or FirstDownload.objects.filter(user=user, release=release).exists():
        return
    FirstDownload.objects.bulk_create([FirstDownload(user=user, release=release, at=now)], ignore_conflicts=True)
