"""A saved revision as a bundle: laid out, read, checked; and a folder that becomes a revision."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache as remembered
from pathlib import Path
from typing import Any, Final

from django.core.cache import cache
from django.utils.translation import get_language

from competitions.bundles.loading import Bundle, read_bundle
from competitions.bundles.originals import FILE_NAME, referenced_files
from competitions.bundles.problems import InvalidCompetition, Problem
from competitions.bundles.reading import Document, read_text
from competitions.bundles.schema import json_schema
from competitions.models import Competition, Revision, User
from competitions.queries.workspaces import newest_revision
from competitions.services import workspaces
from competitions.services.workspaces import Files
from competitions.status import RevisionKind
from competitions.store import CHUNK_BYTES, Store, StoredFile

REMEMBERED_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a revision. `problems` stop it from becoming the contest, `warnings` do not."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@contextmanager
def laid_out(text: str, files: Files, store: Store) -> Iterator[Path]:
    """The revision's folder, for reading; gone afterwards."""
    with store.laid_out({name: file.sha256 for name, file in files.items()}) as folder:
        (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="")
        yield folder


def document_of(text: str) -> Document | None:
    """The document, or None where the text is no YAML at all."""
    try:
        return read_text(text, name=FILE_NAME)
    except InvalidCompetition:
        return None


def values_of(text: str) -> dict[str, Any]:
    document = document_of(text)
    return document.values if document is not None else {}


def findings_of(text: str, files: Files, store: Store) -> Findings:
    """Every mistake that can be found without a box. Remembered: the same revision has the same mistakes.

    The messages are in the language that is active, and remembered for that language."""
    key = _key(text, files)
    known: dict[str, list[dict[str, Any]]] | None = cache.get(key)
    if known is None:
        known = asdict(_examined(text, files, store))
        cache.set(key, known, REMEMBERED_SECONDS)
    problems, warnings = (tuple(Problem(**one) for one in known[name]) for name in ("problems", "warnings"))
    return Findings(problems, warnings)


def _examined(text: str, files: Files, store: Store) -> Findings:
    with laid_out(text, files, store) as folder:
        try:
            bundle = read_bundle(folder)
        except InvalidCompetition as error:
            return Findings(error.problems, ())
    return Findings(bundle.problems, bundle.warnings)


def _key(text: str, files: Files) -> str:
    named = [(name, files[name].sha256) for name in sorted(files)]
    said = json.dumps([text, named, _format_digest(), get_language()], ensure_ascii=False)
    return f"revision-findings:{hashlib.sha256(said.encode()).hexdigest()}"


@remembered
def _format_digest() -> str:
    return hashlib.sha256(json.dumps(json_schema(), sort_keys=True, default=str).encode()).hexdigest()


# -- a folder becomes a revision --------------------------------------------------------------------------------------


def store_files(files: Iterable[tuple[str, Path]], store: Store) -> dict[str, StoredFile]:
    return {name: _stored(path, store) for name, path in files}


def _stored(path: Path, store: Store) -> StoredFile:
    with path.open("rb") as file:
        return store.put_original(iter(lambda: file.read(CHUNK_BYTES), b""))


def keep_folder(
    competition: Competition, bundle: Bundle, directory: Path, *, actor: User, now: datetime, store: Store
) -> Revision:
    """The folder that a contest was imported from, as the newest revision of its workspace."""
    workspace = workspaces.workspace_of(competition)
    files = store_files(referenced_files(bundle.document, directory).items(), store)
    text = (directory / FILE_NAME).read_bytes().decode("utf-8-sig")
    revision = workspaces.save_revision(
        workspace, base=workspace.head, text=text, files=files, kind=RevisionKind.IMPORTED, author=actor, now=now
    )
    workspaces.note_live(revision, actor=actor, now=now)
    return newest_revision(workspace) or revision
