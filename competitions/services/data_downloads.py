"""Who has which release of the data: they are told when another one takes its place."""

from datetime import datetime

from competitions.models import DataDownload, DataRelease, User


def note(user: object, release: DataRelease, *, now: datetime) -> None:
    """Once for each person and release; what is downloaded in many parts is one download."""
    if isinstance(user, User) and not DataDownload.objects.filter(user=user, release=release).exists():
        DataDownload.objects.get_or_create(user=user, release=release, defaults={"first_at": now})
