"""Sponsors of a contest, brought in line with its description."""

from collections.abc import Mapping
from typing import Any

from competitions.logos import Logo, inspect_logo
from competitions.models import Competition, Sponsor
from competitions.services.competition_changes import Changes, blob_of
from competitions.services.competition_texts import html_of
from competitions.services.descriptions import SponsorDescription
from competitions.store import Store, StoredFile

StoredLogos = Mapping[str, tuple[StoredFile, Logo]]


def store_logos(described: tuple[SponsorDescription, ...], store: Store) -> StoredLogos:
    """Each logo under its digest, by the sponsor's key. Raises InvalidLogo; the bundle's checks have looked before."""
    found = {}
    for sponsor in described:
        if sponsor.logo is not None:
            content = sponsor.logo.read_bytes()
            logo = inspect_logo(content)
            found[sponsor.key] = (store.put([content]), logo)
    return found


def put_sponsors(
    competition: Competition, described: tuple[SponsorDescription, ...], logos: StoredLogos, changes: Changes
) -> None:
    existing = {sponsor.key: sponsor for sponsor in competition.sponsors.all()}
    for position, sponsor in enumerate(described):
        record = existing.pop(sponsor.key, None) or Sponsor(competition=competition, key=sponsor.key)
        fields = {
            "name": dict(sponsor.name),
            "role": dict(sponsor.role),
            "url": sponsor.url,
            "description": dict(sponsor.description),
            "html": html_of(sponsor.description),
            "prizes": dict(sponsor.prizes),
            "position": position,
            **_logo(logos.get(sponsor.key), changes),
        }
        changes.put(record, f"sponsor {sponsor.key}", **fields)
    for key, left in existing.items():
        changes.remove(left, f"sponsor {key}")


def _logo(stored: tuple[StoredFile, Logo] | None, changes: Changes) -> dict[str, Any]:
    if stored is None:
        return {"logo": None, "logo_format": "", "logo_width": 0, "logo_height": 0}
    file, logo = stored
    return {
        "logo": blob_of(file, now=changes.now),
        "logo_format": logo.format,
        "logo_width": logo.width,
        "logo_height": logo.height,
    }
