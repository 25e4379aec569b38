"""ro-crate-metadata.json of a results archive, as plain JSON.

Source: RO-Crate Metadata Specification 1.2, https://w3id.org/ro/crate/1.2: the descriptor, the root data entity, and
one File entity for each file; a contextual entity for the organiser and the site.
"""

import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from competitions.models import Competition

CONTEXT: Final = "https://w3id.org/ro/crate/1.2/context"
PROFILE: Final = "https://w3id.org/ro/crate/1.2"
TYPES: Final = {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}


def crate_metadata(competition: Competition, files: Mapping[str, str], *, published_at: datetime) -> dict[str, Any]:
    """`files`: each one's name and description."""
    graph = [_descriptor(), _root(competition, files, published_at), _organiser(competition)]
    return {"@context": CONTEXT, "@graph": [*graph, *(_file(name, text) for name, text in sorted(files.items()))]}


def _descriptor() -> dict[str, Any]:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": PROFILE},
        "about": {"@id": "./"},
    }


def _root(competition: Competition, files: Mapping[str, str], published_at: datetime) -> dict[str, Any]:
    title = competition.title.get("en") or competition.slug
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{title}: results",
        "alternateName": competition.title.get("ja") or competition.slug,
        "description": f"Boards, metrics, rules and digests by which the contest '{competition.slug}' was decided.",
        "identifier": competition.slug,
        "datePublished": published_at.astimezone(UTC).date().isoformat(),
        "license": "The results may be cited with the contest's name; the data have their own licences, see "
        "data_releases.json.",
        "publisher": {"@id": "#organiser"},
        "hasPart": [{"@id": name} for name in sorted(files)],
    }


def _organiser(competition: Competition) -> dict[str, Any]:
    name = competition.host.get("en") or competition.host.get("ja") or competition.slug
    return {"@id": "#organiser", "@type": "Organization", "name": name}


def _file(name: str, description: str) -> dict[str, Any]:
    ending = name[name.rfind(".") :]
    kind = TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"@id": name, "@type": "File", "name": name.rsplit("/", 1)[-1], "description": description} | {
        "encodingFormat": kind
    }
