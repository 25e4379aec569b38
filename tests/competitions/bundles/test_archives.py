"""A contest goes out as one ZIP file and comes in again: nothing is lost, and nothing hostile comes in."""

import io
import stat
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from competitions.bundles.archives import BadArchive, archive_entries, unpack
from competitions.bundles.loading import FILE_NAME, load, read_bundle
from competitions.bundles.originals import referenced_files
from competitions.bundles.revisions import laid_out, store_files
from competitions.demo.contests import all_contests
from competitions.services import boxes
from competitions.services.competition_files import store_files as examine
from competitions.store import Store, folder_digest
from competitions.zipstream import ZipLayout
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.contests import weather
from tests.contests.autoice import contest as autoice
from tests.contests.day_ahead import contest as day_ahead
from tests.contests.solar import contest as solar
from tests.contests.stac_overflow import contest as stac_overflow
from tests.contests.tellus4 import contest as tellus4
from tests.demo.small_contests import SEED, make_small_coastline, make_small_programs, make_small_sea_ice

MIB = 1024 * 1024
SMALL = {
    "sea-ice-hokkaido": make_small_sea_ice,
    "coastline-hh": make_small_coastline,
    "sea-ice-programs": make_small_programs,
}
DEMO = {c.slug: SMALL.get(c.slug, lambda folder, build=c.build: build(folder, SEED)) for c in all_contests()}
EXAMPLES: dict[str, Callable[[Path], Any]] = {
    **DEMO,
    "autoice": autoice.make_contest,
    "day_ahead": day_ahead.make_contest,
    "rain_10mm": weather.make_rain_contest,
    "solar": solar.make_contest,
    "stac_overflow": stac_overflow.make_contest,
    "tellus4": tellus4.make_contest,
    "temperature": weather.make_temperature_contest,
    "a commented contest": lambda folder: write_contest(folder, f"# by the harbour office\n{TABLE_YAML}"),
}


def exported(folder: Path, store: Store, *, with_hidden: bool = True) -> Path:
    """The folder's contest as a ZIP file beside it."""
    bundle = read_bundle(folder)
    files = store_files(referenced_files(bundle.document, folder).items(), store)
    text = (folder / FILE_NAME).read_text()
    layout = ZipLayout(archive_entries(text, files, store, with_hidden=with_hidden), modified_at=timezone.now())
    target = folder.parent / f"{folder.name}-{with_hidden}.zip"
    target.write_bytes(b"".join(layout.read(0, layout.size)))
    return target


def plain(value: Any) -> Any:
    """A description without the places on the disk: a path is what lies there."""
    if isinstance(value, Path):
        return folder_digest(value) if value.is_dir() else value.read_bytes()
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


# -- out and in again -------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_contest_that_went_out_and_came_in_is_the_same_and_scores_the_same(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "contest"
    EXAMPLES[name](folder)
    there, here = Store(tmp_path / "there"), Store(tmp_path / "here")
    unpacked = unpack(exported(folder, there), here, max_bytes=10_000 * MIB)
    assert unpacked.text == (folder / FILE_NAME).read_text()
    with laid_out(unpacked.text, unpacked.files, here) as again:
        before, after = load(folder), load(again)
        assert plain(after) == plain(before)
        first = examine(before, store=there, normalise_truth=boxes.normalise_truth)
        second = examine(after, store=here, normalise_truth=boxes.normalise_truth)
        assert second == first  # digests of truth, inputs, programs, starting kits and data


def test_without_the_truth_everything_else_goes_out(tmp_path: Path) -> None:
    folder = write_contest(tmp_path / "contest", TABLE_YAML)
    with zipfile.ZipFile(exported(folder, Store(tmp_path / "store"), with_hidden=False)) as archive:
        names = set(archive.namelist())
    with zipfile.ZipFile(exported(folder, Store(tmp_path / "store"))) as archive:
        assert set(archive.namelist()) - names == {"truth/solution.csv"}
    assert {FILE_NAME, "data/train.csv", "kit/train.py", "pages/overview.ja.md"} <= names


def test_hidden_inputs_programs_and_split_lists_stay_here_with_the_truth(tmp_path: Path) -> None:
    task = "    truth:\n      path: truth/solution.csv\n      split: {by: column, column: Usage}"
    hidden = (
        "    truth:\n      path: truth\n      split: {by: list, file: split.csv}\n"
        "    program: {file: metric.py, convention: tidemark, columns: [{key: a, direction: higher}]}\n"
        "    code: {runtime: python-geo, inputs: inputs, trial: trial}"
    )
    extra = {"split.csv": "id,s\n", "metric.py": "x", "inputs/a.csv": "1", "trial/a.csv": "2", "notes.txt": "mine"}
    folder = write_contest(tmp_path / "contest", changed(TABLE_YAML, task, hidden), **extra)
    names = zipfile.ZipFile(exported(folder, Store(tmp_path / "store"), with_hidden=False)).namelist()
    assert {"split.csv", "metric.py", "inputs/a.csv", "truth/solution.csv"} & set(names) == set()
    assert "trial/a.csv" in names


def test_a_file_is_kept_under_the_name_that_the_document_gives_it(tmp_path: Path) -> None:
    folder = write_contest(tmp_path / "contest", changed(TABLE_YAML, "data/train.csv", "./data/latest.csv"))
    (folder / "data" / "latest.csv").symlink_to("train.csv")
    names = referenced_files(read_bundle(folder).document, folder)
    assert "data/latest.csv" in names
    assert "data/train.csv" not in names


def test_equal_files_of_different_names_are_not_taken_for_a_leak(tmp_path: Path) -> None:
    """Of a contest without data the sample may be the very bytes of a page."""
    store = Store(tmp_path / "store")
    folder = write_contest(tmp_path / "contest", TABLE_YAML, **{"data/train.csv": "", "kit/empty.txt": ""})
    files = store_files(referenced_files(read_bundle(folder).document, folder).items(), store)
    with laid_out(TABLE_YAML, files, store) as again:
        assert read_bundle(again).problems == read_bundle(folder).problems == ()
        assert (again / "data/train.csv").stat().st_ino != (again / "kit/empty.txt").stat().st_ino


# -- what is not let in -----------------------------------------------------------------------------------------------


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream


def info(name: str, *, mode: int) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.create_system, found.external_attr = 3, mode << 16
    return found


DOCUMENT = (FILE_NAME, TABLE_YAML.encode())
REFUSED: dict[str, tuple[io.BytesIO, str]] = {
    "a way up": (packed(DOCUMENT, ("../x", b"")), "leads out"),
    "a way up inside": (packed(DOCUMENT, ("data/../../x", b"")), "leads out"),
    "from the root": (packed(DOCUMENT, ("/etc/passwd", b"")), "leads out"),
    "a drive": (packed(DOCUMENT, ("C:/x", b"")), "must not have"),
    "a control character": (packed(DOCUMENT, ("a\nb", b"")), "must not have"),
    "a link": (packed(DOCUMENT, (info("data/x", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")), "link or a device"),
    "a device": (packed(DOCUMENT, (info("data/x", mode=stat.S_IFCHR | 0o600), b"")), "link or a device"),
    "a bomb": (packed(DOCUMENT, ("x", bytes(20 * MIB))), "bomb"),
    "too much": (packed(DOCUMENT, *((f"x{n}", bytes(9 * MIB)) for n in range(5))), "larger than 40 MiB"),
    "a file as a folder": (packed(DOCUMENT, ("a", b""), ("a/b", b"")), "file and a folder"),
    "no document": (packed(("a.yaml", b""), ("b.yaml", b"")), "no competition.yaml"),
    "no text": (packed((FILE_NAME, b"\xff\xfe")), "not UTF-8"),
    "a long document": (packed((FILE_NAME, b"#" * 2 * MIB)), "larger than"),
    "no archive": (io.BytesIO(b"PK nothing"), "no ZIP file"),
    "nothing": (io.BytesIO(b""), "no ZIP file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_archive_that_may_do_harm_is_refused(what: str, tmp_path: Path) -> None:
    stream, message = REFUSED[what]
    source = tmp_path / "contest.zip"
    source.write_bytes(stream.getvalue())
    with pytest.raises(BadArchive, match=message):
        unpack(source, Store(tmp_path / "store"), max_bytes=40 * MIB)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contest.zip").write_bytes(packed(DOCUMENT, ("a", b"1"), ("a", b"2")).getvalue())
    with pytest.raises(BadArchive, match="twice"):
        unpack(tmp_path / "contest.zip", Store(tmp_path / "store"), max_bytes=MIB)


def test_a_file_that_holds_more_than_it_announces_is_refused(tmp_path: Path) -> None:
    honest = packed(DOCUMENT, ("x", b"0" * 5000)).getvalue()
    lying = honest.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    (tmp_path / "contest.zip").write_bytes(lying)
    with pytest.raises(BadArchive):
        unpack(tmp_path / "contest.zip", Store(tmp_path / "store"), max_bytes=MIB)


def test_the_folder_that_a_file_manager_packed_is_looked_into(tmp_path: Path) -> None:
    inside = [(f"tides/{name}", content) for name, content in (DOCUMENT, ("rules.md", b"Be fair."))]
    (tmp_path / "contest.zip").write_bytes(packed(*inside, ("__MACOSX/tides/._rules.md", b"")).getvalue())
    found = unpack(tmp_path / "contest.zip", Store(tmp_path / "store"), max_bytes=MIB)
    assert (found.text, set(found.files)) == (TABLE_YAML, {"rules.md"})
