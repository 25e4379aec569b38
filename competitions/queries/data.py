"""A contest's data releases, and the commands that fetch them."""

from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote
from urllib.parse import unquote

from django.db.models import QuerySet, Sum

from competitions.models import Competition, DataFile, DataRelease
from competitions.store import Store
from competitions.zipstream import ZipEntry


@dataclass(frozen=True, slots=True)
class Snippet:
    """A command or a short program to copy. `key` is curl, wget or python."""

    key: str
    text: str


def releases(competition: Competition) -> QuerySet[DataRelease]:
    """The newest first, each with its files in order and `size_bytes`, their sum."""
    return (
        competition.data_releases.order_by("-position", "-pk")
        .annotate(size_bytes=Sum("files__blob__size_bytes", default=0))
        .prefetch_related("files__blob")
    )


def current_release(competition: Competition) -> DataRelease | None:
    return releases(competition).first()


def files_of(release: DataRelease) -> QuerySet[DataFile]:
    return release.files.select_related("blob")


def checksums(release: DataRelease) -> str:
    """What `sha256sum -c` reads beside the files as the snippets name them."""
    return "".join(f"{file.blob.sha256}  {file.name.rsplit('/', 1)[-1]}\n" for file in files_of(release))


def archive_entries(release: DataRelease, store: Store) -> list[ZipEntry]:
    """A release's files in one folder, so that unpacking the whole set litters nothing."""
    folder = f"{release.competition.slug}-{release.version}"
    return [
        ZipEntry(f"{folder}/{file.name}", store.blob_path(file.blob.sha256), file.blob.sha256, file.blob.size_bytes)
        for file in files_of(release)
    ]


def snippets(urls: Iterable[str], *, set_url: str) -> list[Snippet]:
    """How to fetch a release with a token in the variable TIDEMARK_TOKEN. All three go on after an interruption."""
    each = list(urls) or [set_url]
    header = '"Authorization: Bearer $TIDEMARK_TOKEN"'
    # Not -J: curl cannot resume a file that the server names.
    curl = "\n".join(f"curl -fL -C - --retry 5 -o {quote(_name(url))} -H {header} {quote(url)}" for url in each)
    wget = "\n".join(f"wget -c -O {quote(_name(url))} --header={header} {quote(url)}" for url in each)
    return [Snippet("curl", curl), Snippet("wget", wget), Snippet("python", PYTHON_SNIPPET.format(urls=each))]


def _name(url: str) -> str:
    return unquote(url.rsplit("/", 1)[-1])


PYTHON_SNIPPET = """\
import os, pathlib, urllib.error, urllib.parse, urllib.request

for url in {urls!r}:
    target = pathlib.Path(urllib.parse.unquote(url.rsplit("/", 1)[1]))
    have = target.stat().st_size if target.exists() else 0
    headers = {{"Authorization": "Bearer " + os.environ["TIDEMARK_TOKEN"], "Range": f"bytes={{have}}-"}}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            with target.open("ab" if answer.status == 206 else "wb") as file:
                while chunk := answer.read(1 << 20):
                    file.write(chunk)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # 416: the file is complete already
            raise
"""
