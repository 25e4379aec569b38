"""The archive of the results: an RO-Crate that holds what decided, and nothing that it should not."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import AuditEvent, AuditHead, Competition, ResultsArchive
from competitions.queries.versions import public_truth_digest
from competitions.services import (
    board_releases,
    final_choices,
)
from competitions.services.results_archives import CannotPublish, build, publish
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(competition: Competition) -> Competition:
    Competition.objects.filter(pk=competition.pk).update(final_select=1)
    makers.make_data_release(competition, content=b"the data themselves")
    for name, public, private in (("ada", 1.0, 4.125), ("=ben", 2.0, 3.0)):
        team = makers.make_team(competition, name)
        makers.make_scored(team, public, private, content=f"id,y\na,{public}\n".encode())
    competition.refresh_from_db()
    return competition


@pytest.fixture
def over(scored: Competition) -> Competition:
    scored.phases.update(ends_at=timezone.now() - timedelta(hours=1))
    final_choices.lock_due(now=timezone.now())
    board_releases.release_due(now=timezone.now())
    return scored


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def make(competition: Competition, *, is_for_all: bool = True) -> dict[str, bytes]:
    return unpacked(build(competition, now=timezone.now(), is_for_all=is_for_all))


def test_it_is_an_ro_crate_as_the_specification_asks(over):
    files = make(over)
    crate = json.loads(files["ro-crate-metadata.json"])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    entities = {one["@id"]: one for one in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor = entities["ro-crate-metadata.json"]
    assert (descriptor["@type"], descriptor["about"]) == ("CreativeWork", {"@id": "./"})
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = entities["./"]
    assert root["@type"] == "Dataset"
    for needed in ("name", "description", "datePublished", "license"):
        assert root[needed]
    parts = {part["@id"] for part in root["hasPart"]}
    assert parts == set(files) - {"ro-crate-metadata.json"}
    for part in parts:
        assert entities[part]["@type"] == "File"
        assert entities[part]["encodingFormat"]
    assert entities[root["publisher"]["@id"]]["name"] == "Harbour office"


def test_the_same_records_give_the_same_bytes_in_any_language(over, settings):
    first = build(over, now=timezone.now(), is_for_all=True)
    settings.LANGUAGE_CODE = "ja"
    assert build(over, now=timezone.now() + timedelta(days=9), is_for_all=True) == first


def test_it_tells_what_decided(over):
    files = make(over)
    final = files["boards/main-general-levels-final.csv"].decode().splitlines()
    assert final[0] == "rank,team,rmse,mae,low,high,entries,submission,submitted_at"
    assert final[1].startswith("1,'=ben team,3.0,")
    assert final[2].startswith("2,ada team,4.125,")
    version = over.tasks.get().current_version
    assert json.loads(files["scoring_versions.json"])[0]["truth_digest"] == public_truth_digest(version)
    (release,) = json.loads(files["data_releases.json"])
    assert (release["licence"], release["files"][0]["name"]) == ("CC0-1.0", "train.csv")
    head = AuditHead.objects.get(chain__contains=str(over.pk))
    assert json.loads(files["audit.json"]) == {"events": head.count, "last_hash": head.last_hash}
    assert files["final_selections.csv"].decode().splitlines()[1].split(",")[:3] == ["main", "levels", "ada team"]
    assert files["rules/1.ja.md"].decode() == "Rules 1（日本語）"
    assert "結果" in files["README.md"].decode()


def test_it_holds_neither_people_nor_data(over):
    everything = b"".join(make(over, is_for_all=False).values())
    for secret in (b"@example.org", b"the data themselves", b"solution.csv"):
        assert secret not in everything


def test_before_the_release_it_is_for_organisers_alone(scored, organisers, nobody, url, organiser):
    assert nobody.get(f"{url}results.zip").status_code == 404
    assert "boards/main-general-levels-private.csv" in unpacked(organisers.get(f"{url}results.zip").content)
    assert not [name for name in make(scored) if name.startswith("boards/")]
    with pytest.raises(CannotPublish):
        publish(scored, user=organiser, now=timezone.now())
    organisers.post(f"{url}organiser/results/publish/")
    assert not ResultsArchive.objects.exists()


def test_what_was_published_everybody_gets_byte_for_byte(over, organisers, nobody, url):
    assert nobody.get(f"{url}results.zip").status_code == 404
    organisers.post(f"{url}organiser/results/publish/")
    archive = ResultsArchive.objects.get()
    content = b"".join(nobody.get(f"{url}results.zip").streaming_content)
    assert "boards/main-general-levels-final.csv" in unpacked(content)
    assert archive.blob.sha256 in text_of(nobody.get(f"{url}results/"))
    assert AuditEvent.objects.get(verb="results archive published").after == archive.blob.sha256
    outsider = browser_of(makers.make_user("outsider"))
    assert b"".join(outsider.get(f"{url}results.zip").streaming_content) == content
