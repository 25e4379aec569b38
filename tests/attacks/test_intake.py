"""Intake: what is wrong with an upload before anybody asks whether it predicts anything."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from competitions.models import Submission
from competitions.services.submissions import clean_file_name
from competitions.store import Store
from tests.attacks.fortress import Fortress, named
from tests.hostile_files import MASK, PAIR, SLUG, TABLE, raw_truth
from tests.scoring.hostile import archives, rasters

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]
ROOT = Path(settings.BASE_DIR)


def zips(*names: str) -> list[archives.Attack]:
    return named(archives.ATTACKS, *names)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_nobody_gets_a_file_out_of_an_archive_by_a_path(fortress: Fortress) -> None:
    """I1: zip-slip: upwards, absolute, with a drive, with backslashes; the whole archive is refused."""
    attacks = zips("path upwards", "path upwards inside", "absolute path", "drive letter", "backslash")
    fortress.assert_refused(PAIR, "pred.zip", attacks)
    assert not Path("/etc/cron.d/x").exists()


@pytest.mark.parametrize("name", ["../../../pred.tif", "/etc/passwd", "C:\\x\\pred.tif", "..\\..\\pred.tif", ".."])
def test_nobody_chooses_where_an_upload_is_stored(fortress: Fortress, name: str) -> None:
    """I1: the name of the upload itself is a label; the file lies under its digest."""
    before = files_below(Path(settings.TIDEMARK_HOME))
    answer = fortress.api.put(
        f"/api/v1/competitions/{SLUG}/submissions/?task={MASK}",
        name.encode(),
        content_type="application/octet-stream",
        headers={"x-file-name": name},
    )
    submission = Submission.objects.get(pk=answer.json()["number"])
    new = files_below(Path(settings.TIDEMARK_HOME)) - before
    assert new == {Store(settings.FILES_DIR).blob_path(submission.blob.sha256)}
    assert submission.file_name in {"pred.tif", "passwd", "upload"}


def test_nobody_sends_a_link_a_pipe_or_a_device(fortress: Fortress) -> None:
    """I2: special entries of a zip; a tar is refused whole, whatever is in it."""
    fortress.assert_refused(PAIR, "pred.zip", zips("link", "fifo", "device"))
    fortress.assert_refused(MASK, "pred.tar", named(rasters.ATTACKS, "tar with links"))


def test_nobody_writes_through_an_earlier_link_of_a_tar(fortress: Fortress) -> None:
    """I3: a tar member through an earlier symbolic link: no tar is ever unpacked, here or in a box."""
    fortress.assert_refused(MASK, "pred.tif", named(rasters.ATTACKS, "tar with links"))
    assert not Path("/tmp/through-the-link").exists()
    assert programs_with(r"\btarfile\b|\.extractall\(|\bunpack_archive|make_archive") == []


def programs_with(pattern: str) -> list[str]:
    """Our own source files that hold it."""
    sources = [path for folder in ("competitions", "scoring", "sandbox") for path in (ROOT / folder).rglob("*.py")]
    return [str(path.relative_to(ROOT)) for path in sources if re.search(pattern, path.read_text())]


def test_a_small_archive_cannot_unpack_to_a_large_one(fortress: Fortress) -> None:
    """I4: deflate bomb, archive in an archive, entries that overlap: cut off by the bytes that come."""
    fortress.assert_refused(
        PAIR, "pred.zip", zips("bomb", "bomb that lies about its size", "zip in a zip", "overlapping entries")
    )


def test_an_archive_that_lies_about_its_content_is_refused(fortress: Fortress) -> None:
    """I5: a size or a checksum that is not true."""
    fortress.assert_refused(PAIR, "pred.zip", zips("lying size", "broken checksum"))


def test_an_archive_of_a_million_entries_or_of_endless_names_is_refused(fortress: Fortress) -> None:
    """I6: too many entries, too long a name, too many folders."""
    many = zips("sixty thousand entries", "thirty thousand real entries", "a million real entries")
    fortress.assert_refused(PAIR, "pred.zip", many)
    deep = zips("long name", "a thousand folders deep", "a hundred folders deep")
    fortress.assert_refused(PAIR, "pred.zip", deep)


def test_two_entries_that_are_one_on_another_disk_are_refused(fortress: Fortress) -> None:
    """I7: the same name twice, in another case, in another Unicode form."""
    attacks = zips("same name twice", "names alike but for case", "names alike but for the form of an accent")
    fortress.assert_refused(PAIR, "pred.zip", attacks)


def test_a_name_that_harms_whoever_reads_it_is_refused(fortress: Fortress) -> None:
    """I8: control and direction characters, options, what Git and Python would run by itself."""
    shown = zips("line end in a name", "terminal escape in a name", "right-to-left override")
    fortress.assert_refused(PAIR, "pred.zip", shown)
    run = zips("option of a command", "repository of git", "path file of Python", "byte code", "program beside")
    fortress.assert_refused(PAIR, "pred.zip", run)


@pytest.mark.parametrize("name", ["--help", "-c", "--contract=x", "a\nb.tif", "a\x1b[2J.tif", "x\u202efit.tif", "a\0b"])
def test_the_name_of_an_upload_is_no_option_and_nothing_a_terminal_obeys(fortress: Fortress, name: str) -> None:
    """I8: the scorer is told the name; the file itself has a name of ours."""
    written = fortress.content(named(rasters.ATTACKS, "a row too few")[0])
    answer = fortress.score(MASK, name, written)
    assert [problem["code"] for problem in answer["problems"]] == ["raster_shape"]
    assert clean_file_name(name).isprintable()


def test_what_is_a_page_for_a_browser_comes_back_as_a_download(fortress: Fortress) -> None:
    """I9: polyglots: an attachment of no type, not to be sniffed, and powerless if it were opened all the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.tif", b"x")
    page = b"<html><script>alert(1)</script></html>"
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for name, content in (("a.html", page + packed.getvalue()), ("a.svg", drawing), ("a.pdf", b"%PDF-1.4" + page)):
        number = fortress.upload(PAIR, name, content)["number"]
        for client, address in (
            (fortress.api, f"/api/v1/submissions/{number}/file/"),
            (fortress.browser, reverse("pages:submission_file", args=[SLUG, number])),
        ):
            assert_powerless(client, address, content)


def assert_powerless(client: Client, address: str, content: bytes) -> None:
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_an_archive_that_two_readers_read_differently_is_refused(fortress: Fortress) -> None:
    """I10: encrypted, zip64, on many disks, packed in another way."""
    fortress.assert_refused(PAIR, "pred.zip", zips("encrypted", "zip64", "many disks", "another method"))


def test_what_was_stored_is_never_written_again(fortress: Fortress) -> None:
    """I11: content-addressed and immutable: the same upload leaves the file as it is, another one is another file."""
    store = Store(settings.FILES_DIR)
    first = fortress.upload(TABLE, "p.csv", b"id,y,w\na,1,x\n")
    path = store.blob_path(first["sha256"])
    before = path.stat()
    again, other = (fortress.upload(TABLE, "q.csv", b"id,y,w\na,%d,x\n" % value) for value in (1, 2))
    after = path.stat()
    assert (again["sha256"], again["same_file_as"]) == (first["sha256"], first["number"])
    assert other["sha256"] != first["sha256"]
    assert (before.st_ino, before.st_mtime_ns, before.st_size) == (after.st_ino, after.st_mtime_ns, after.st_size)
    assert list((store.root / "incoming").iterdir()) == []


# -- programs beside a file -------------------------------------------------------------------------------------------


def test_nothing_that_is_uploaded_is_installed(fortress: Fortress) -> None:
    """I13: build scripts and requirements in an archive are strangers there, and no worker ever calls pip: an operator
    builds runtimes with it, and a notebook is told that there is none."""
    fortress.assert_refused(PAIR, "pred.zip", zips("build script", "requirements"))
    found = programs_with(r"[\"']pip[\"']|-m pip|ensurepip|easy_install")
    assert sorted(found) == ["sandbox/inside/notebook_kernel.py", "sandbox/runtime_build.py"]


def test_what_is_uploaded_lies_where_python_imports_nothing(fortress: Fortress) -> None:
    """I8: the box's import path holds our library and the runtime, not the upload."""
    from competitions.services import boxes

    job = boxes.CheckJob(raw_truth(fortress.folder), "sitecustomize.py", {"kind": "raster"})
    request = boxes.normalise_request(job, fortress.folder)
    paths = request.env["PYTHONPATH"].split(":")
    places = {mount.at: mount.kind for mount in request.mounts}
    assert [place for place, kind in places.items() if kind == "prediction"] == ["/prediction/file"]
    assert not [path for path in paths if path.startswith(("/prediction", "/input"))]
    assert "-P" in request.argv  # and the folder that the box starts in is not on it either
