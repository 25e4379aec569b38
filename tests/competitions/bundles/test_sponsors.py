"""Sponsors in competition.yaml: what is taken, what is refused at its line, and what stays as it is."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.utils import timezone

from competitions.bundles.loading import load, read_bundle
from competitions.services.competitions import import_with_report
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, normalise_table, write_contest

SPONSORS = """\
sponsors:
  - key: harbour
    name: {en: Harbour Trust, ja: 港湾財団}
    role: {en: Gold sponsor, ja: ゴールドスポンサー}
    url: https://example.org/harbour
    logo: sponsors/harbour.png
    description: {en: "We *look after* harbours.", ja: "港を*守ります*。"}
    prizes: {en: The first prize, ja: 最優秀賞}
  - {key: museum, name: Museum}
"""
LOGOS = {"sponsors/harbour.png": makers.png_bytes()}


def put(folder: Path, sponsors: str, files: Mapping[str, bytes] = LOGOS) -> Path:
    write_contest(folder, TABLE_YAML + sponsors)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def problems(folder: Path, sponsors: str, files: Mapping[str, bytes] = LOGOS) -> list[str]:
    return [str(problem) for problem in read_bundle(put(folder, sponsors, files)).problems]


@pytest.mark.django_db
def test_sponsors_are_imported_once_changed_and_removed(tmp_path: Path, store: Store):
    operator = makers.make_user("operator", is_staff=True)

    def run(sponsors: str, files: Mapping[str, bytes] = LOGOS):
        options = {"actor": operator, "now": timezone.now(), "store": store, "normalise_truth": normalise_table}
        return import_with_report(load(put(tmp_path, sponsors, files)), **options)

    harbour, museum = run(SPONSORS).competition.sponsors.all()
    assert harbour.name == {"en": "Harbour Trust", "ja": "港湾財団"}
    assert harbour.html["en"] == "<p>We <em>look after</em> harbours.</p>\n"
    assert (harbour.logo_format, harbour.logo_width, harbour.logo_height) == ("png", 120, 40)
    assert store.blob_path(harbour.logo.sha256).read_bytes() == LOGOS["sponsors/harbour.png"]
    assert (museum.name, museum.logo, museum.url) == ({"en": "Museum", "ja": "Museum"}, None, "")

    assert run(SPONSORS).changes == ()
    other = {"sponsors/harbour.png": makers.png_bytes(60, 60)}
    assert run(SPONSORS, other).changes == ("sponsor harbour: logo, logo_width, logo_height changed",)
    assert run("").changes == ("sponsor harbour: removed", "sponsor museum: removed")


def line_of(text: str) -> int:
    lines = (TABLE_YAML + SPONSORS).splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("https://example.org/harbour", "http://example.org", "url:", "does not fit"),
        ("https://example.org/harbour", "javascript:alert(1)", "url:", "does not fit"),
        ("https://example.org/harbour", "https:///harbour", "url:", "is no address of a site"),
        ("https://example.org/harbour", "https://user:secret@example.org/", "url:", "is no address of a site"),
        ("sponsors/harbour.png", "sponsors/harbour.jpg", "logo:", "did you mean 'harbour.png'?"),
        ("sponsors/harbour.png", "../harbour.png", "logo:", "leaves the folder"),
        ("key: museum", "key: harbour", "Museum", "the key 'harbour' is taken"),
        ("role:", "rule:", "role:", "unknown key 'rule'; did you mean 'role'?"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, at: str, what: str):
    (found,) = problems(tmp_path, SPONSORS.replace(old, new))
    assert found.startswith(f"competition.yaml:{line_of(at)} sponsors[")
    assert what in found


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"), (makers.png_bytes(9, 9), "9 x 9 pixels"), (b"", "PNG")],
)
def test_a_logo_is_refused_by_its_bytes_whatever_its_name(tmp_path: Path, content: bytes, what: str):
    (found,) = problems(tmp_path, SPONSORS, {"sponsors/harbour.png": content})
    assert found.startswith(f"competition.yaml:{line_of('logo:')} sponsors[0].logo: 'sponsors/harbour.png' cannot be")
    assert what in found
