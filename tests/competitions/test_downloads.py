"""Downloads go on where they broke off, and never mend two versions of a file together."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.http import http_date

from competitions.downloads import file_response, zip_response
from competitions.zipstream import ZipEntry, ZipLayout

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MODIFIED = datetime(2026, 3, 1, 12, 30, 14, tzinfo=UTC)


def ask(path, *, method="get", content=CONTENT, **headers):
    request = getattr(RequestFactory(), method)(
        "/data/scenes.zip", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    return respond(path, request, content)


def respond(path, request: HttpRequest, content=CONTENT):
    sha256 = hashlib.sha256(content).hexdigest()
    return file_response(request, path=path, name="scenes.zip", sha256=sha256, modified_at=MODIFIED)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def path(tmp_path):
    (tmp_path / "blob").write_bytes(CONTENT)
    return tmp_path / "blob"


def test_a_whole_file_comes_with_its_validators_and_as_an_attachment(path):
    response = ask(path)
    assert (response.status_code, body(response)) == (200, CONTENT)
    assert response["ETag"] == f'"{SHA256}"'
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Last-Modified"] == "Sun, 01 Mar 2026 12:30:14 GMT"
    assert response["Content-Disposition"] == 'attachment; filename="scenes.zip"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "public" not in response["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, 10240),
        ("bytes=0-999999", 0, 10240),
        ("bytes=-500", 9740, 10240),
        ("bytes=-999999", 0, 10240),
        ("bytes=10239-", 10239, 10240),
        ("BYTES = 5-6", 5, 7),
    ],
)
def test_one_range_is_answered_with_exactly_its_bytes(path, asked, start, stop):
    response = ask(path, range=asked)
    assert (response.status_code, body(response)) == (206, CONTENT[start:stop])
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/10240"
    assert response["Content-Length"] == str(stop - start)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=9-3",
        "bytes=-",
        "bytes=a-b",
        "lines=0-5",
        "bytes=--5",
        "bytes=1",
        "",
        "bytes=" + "9" * 99 + "-",
        "bytes=٣-",
    ],
)
def test_several_ranges_or_nonsense_get_the_whole_file(path, asked):
    response = ask(path, range=asked.encode().decode("latin-1"))
    assert (response.status_code, body(response)) == (200, CONTENT)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_beyond_the_end_is_416_and_tells_the_size(path, asked):
    response = ask(path, range=asked)
    assert (response.status_code, body(response)) == (416, b"")
    assert response["Content-Range"] == "bytes */10240"


def test_every_range_of_an_empty_file_is_beyond_its_end(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert ask(tmp_path / "empty", content=b"", range="bytes=0-").status_code == 416
    assert ask(tmp_path / "empty", content=b"").status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (f'"{SHA256}"', 206),
        (f'W/"{SHA256}"', 200),
        ('"another"', 200),
        (http_date(MODIFIED.timestamp()), 206),
        (http_date(MODIFIED.timestamp() + 1), 200),
        (http_date(MODIFIED.timestamp() - 1), 200),
        ("nonsense", 200),
    ],
)
def test_a_part_is_only_sent_to_go_with_the_same_content(path, condition, status):
    response = ask(path, range="bytes=5000-", if_range=condition)
    assert response.status_code == status
    assert body(response) == (CONTENT[5000:] if status == 206 else CONTENT)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("if_none_match", f'"{SHA256}"', 304),
        ("if_none_match", f'"other", W/"{SHA256}"', 304),
        ("if_none_match", "*", 304),
        ("if_none_match", '"other"', 200),
        ("if_match", f'"{SHA256}"', 200),
        ("if_match", "*", 200),
        ("if_match", '"other"', 412),
        ("if_match", f'W/"{SHA256}"', 412),
        ("if_modified_since", http_date(MODIFIED.timestamp()), 304),
        ("if_modified_since", http_date(MODIFIED.timestamp() - 1), 200),
        ("if_modified_since", "nonsense", 200),
        ("if_unmodified_since", http_date(MODIFIED.timestamp()), 200),
        ("if_unmodified_since", http_date(MODIFIED.timestamp() - 1), 412),
    ],
)
def test_conditions_are_answered_as_the_standard_says(path, header, value, status):
    response = ask(path, **{header: value})
    assert response.status_code == status
    assert response["ETag"] == f'"{SHA256}"'
    assert body(response) == (CONTENT if status == 200 else b"")


def test_an_entity_tag_that_differs_wins_over_a_date_that_matches(path):
    date = http_date(MODIFIED.timestamp())
    assert ask(path, if_none_match='"other"', if_modified_since=date).status_code == 200


def test_a_client_that_asks_only_for_the_head_learns_the_size_and_gets_no_byte(path):
    response = ask(path, method="head", range="bytes=5-9")
    assert (response.status_code, body(response)) == (200, b"")
    assert response["Content-Length"] == "10240"


def test_a_japanese_file_name_survives(path):
    response = file_response(RequestFactory().get("/"), path=path, name="海氷.zip", sha256=SHA256, modified_at=MODIFIED)
    assert "filename*=utf-8''%E6%B5%B7%E6%B0%B7.zip" in response["Content-Disposition"]


# -- whole sets ---------------------------------------------------------------------------------------------------


@pytest.fixture
def entries(tmp_path):
    contents = {"set/海氷.csv": b"a,b\n" * 1000, "set/empty.txt": b"", "set/image.tif": CONTENT}
    found = []
    for number, (name, content) in enumerate(contents.items()):
        place = tmp_path / str(number)
        place.write_bytes(content)
        found.append(ZipEntry(name, place, hashlib.sha256(content).hexdigest(), len(content)))
    return found


def ask_zip(entries, **headers):
    request = RequestFactory().get("/all.zip", headers={k.replace("_", "-"): v for k, v in headers.items()})
    return zip_response(request, entries, name="all.zip", modified_at=MODIFIED)


def test_a_whole_set_unpacks_to_the_very_files(entries):
    response = ask_zip(entries)
    content = body(response)
    assert len(content) == int(response["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            entry.name: entry.path.read_bytes() for entry in entries
        }
        assert {info.date_time for info in archive.infolist()} == {(2026, 3, 1, 12, 30, 14)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_same_set_is_the_same_bytes_and_tag_every_time(entries):
    first, second = ask_zip(entries), ask_zip(entries)
    assert (body(first), first["ETag"]) == (body(second), second["ETag"])
    assert ask_zip(entries[:2])["ETag"] != first["ETag"]


@pytest.mark.parametrize("remembered", [True, False], ids=["same process", "after a restart"])
def test_a_set_that_broke_off_anywhere_goes_on_there(entries, remembered):
    whole = body(ask_zip(entries))
    for start in range(0, len(whole), 97):
        if not remembered:
            cache.clear()
        response = ask_zip(entries, range=f"bytes={start}-", if_range=ask_zip(entries)["ETag"])
        assert response.status_code == 206
        assert body(response) == whole[start:]


def test_an_empty_set_is_an_empty_archive():
    with zipfile.ZipFile(io.BytesIO(body(ask_zip([])))) as archive:
        assert archive.namelist() == []


class Remote(io.RawIOBase):
    """What zipfile sees of a huge archive: it fetches only the ranges it reads."""

    def __init__(self, layout):
        self.layout, self.place = layout, 0

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=0):
        self.place = offset + {0: 0, 1: self.place, 2: self.layout.size}[whence]
        return self.place

    def tell(self):
        return self.place

    def read(self, size=-1):
        stop = self.layout.size if size is None or size < 0 else min(self.layout.size, self.place + size)
        content = b"".join(self.layout.read(self.place, stop))
        self.place += len(content)
        return content


def test_files_beyond_four_gigabytes_are_found_and_read(tmp_path):
    giant, small = tmp_path / "giant", tmp_path / "small"
    with giant.open("wb") as file:
        file.truncate(5 * 1024**3)  # sparse: takes no room
    small.write_bytes(b"behind the giant")
    entries = [
        ZipEntry("giant.bin", giant, "1" * 64, 5 * 1024**3),
        ZipEntry("small.txt", small, "2" * 64, 16),
    ]
    cache.set(f"crc32:{'1' * 64}", 0)  # else the test would read five gigabytes of zeros
    with zipfile.ZipFile(Remote(ZipLayout(entries, modified_at=MODIFIED))) as archive:
        assert [info.file_size for info in archive.infolist()] == [5 * 1024**3, 16]
        assert archive.read("small.txt") == b"behind the giant"
