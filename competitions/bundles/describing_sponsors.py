"""The sponsors of a document without mistakes, as the service imports them."""

from competitions.bundles.folder import Folder
from competitions.bundles.sections import Section
from competitions.services.descriptions import SponsorDescription


def describe_sponsors(contest: Section, folder: Folder) -> tuple[SponsorDescription, ...]:
    return tuple(_sponsor(sponsor, folder) for sponsor in contest.items("sponsors"))


def _sponsor(sponsor: Section, folder: Folder) -> SponsorDescription:
    logo = sponsor.text("logo")
    return SponsorDescription(
        key=sponsor.text("key"),
        name=sponsor.localised("name"),
        role=sponsor.localised("role"),
        url=sponsor.text("url"),
        logo=folder.file(logo) if logo else None,
        description=sponsor.localised("description"),
        prizes=sponsor.localised("prizes"),
    )
