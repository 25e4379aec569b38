"""The commands that the data page prints, run as they are by curl, wget and Python, and cut off in the middle."""

import hashlib
import html
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contest_files import make_table_contest
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SLUG = "large-tides"
LARGE = "train.csv"
MIB = 1 << 20
SLOW = {"curl": "limit-rate = 4M\n", "wget": "limit_rate = 4m\n"}


@dataclass(frozen=True)
class Reader:
    """A contestant in front of a shell."""

    contestant: Contestant
    folder: Path

    def environment(self, **more: str) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return {**kept, "HOME": str(self.folder), "TIDEMARK_TOKEN": self.contestant.token, **more}

    def snippet(self, key: str) -> str:
        found = re.search(rf'<pre id="snippet-{key}"[^>]*><code>(.*?)</code>', self.contestant.page("data/"), re.DOTALL)
        assert found, f"the data page prints no commands for {key}"
        return html.unescape(found[1])

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-ec", command],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def cut_off(self, command: str, target: Path, **variables: str) -> int:
        """Run a command, kill it when a part of the file is there; returns the size of that part."""
        process = subprocess.Popen(
            ["bash", "-ec", f"exec {command}"],
            cwd=self.folder,
            env=self.environment(**variables),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(
                lambda: target.exists() and target.stat().st_size > MIB, seconds=20, every=0.02, what="a part of a file"
            )
        finally:
            process.kill()
            process.wait()
        return target.stat().st_size


@pytest.fixture(scope="module")
def contest(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contest with a file of 12 MiB that no compression makes smaller."""
    folder = make_table_contest(tmp_path_factory.mktemp("contest"), slug=SLUG)
    (folder / "data" / LARGE).write_bytes(random.Random(3).randbytes(12 * MIB))
    text = (folder / "competition.yaml").read_text()
    one = "      - {path: data/train.csv, description: {en: Training data, ja: 学習データ}}\n"
    assert one in text
    (folder / "competition.yaml").write_text(text.replace(one, one + "      - path: data/次の 'file'.txt\n"))
    (folder / "data" / "次の 'file'.txt").write_text("a name that a shell might trip over\n")
    import_contest(site, folder, owner="organiser")
    return folder


@pytest.fixture(scope="module")
def contestant(contest: Path, site: Site) -> Contestant:
    return make_contestants(site, "reader", slug=SLUG)[0]


@pytest.fixture
def reader(contestant: Contestant, tmp_path: Path) -> Reader:
    return Reader(contestant, tmp_path)


def require(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("tool", ["curl", "wget", "python"])
def test_the_printed_commands_fetch_every_file_and_the_sums_are_right(tool: str, reader: Reader, contest: Path) -> None:
    require("sha256sum", *([] if tool == "python" else [tool]))
    command = reader.snippet(tool)
    if tool == "python":
        (reader.folder / "fetch.py").write_text(command)
        command = f"{sys.executable} fetch.py"
    ran = reader.run(command)
    assert ran.returncode == 0, ran.stderr
    sums = reader.contestant.site.get(f"/api/v1/competitions/{SLUG}/data/1/SHA256SUMS")
    (reader.folder / "SHA256SUMS").write_bytes(sums.body)
    checked = reader.run("sha256sum --strict -c SHA256SUMS")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count(": OK") == 2
    for original in (contest / "data").iterdir():
        if original.name != "sample_submission.csv":
            assert sha256(reader.folder / original.name) == sha256(original)
    again = reader.run(f"set +e\n{command}")  # as pasted: a file that is complete does not keep the next one away
    assert set(re.findall(r"(?i)error:? (\d+)", again.stderr)) <= {"416"}, again.stderr
    assert sha256(reader.folder / LARGE) == sha256(contest / "data" / LARGE)


def large_only(snippet: str) -> str:
    return next(line for line in snippet.splitlines() if LARGE in line)


def test_curl_goes_on_where_it_was_cut_off(reader: Reader, contest: Path) -> None:
    require("curl")
    command, target = large_only(reader.snippet("curl")), reader.folder / LARGE
    (reader.folder / ".curlrc").write_text(SLOW["curl"])
    have = reader.cut_off(command, target)
    assert MIB < have < 12 * MIB
    (reader.folder / ".curlrc").write_text('write-out = "%{http_code} %{size_download}"\n')
    ran = reader.run(command)
    assert (ran.returncode, ran.stdout) == (0, f"206 {12 * MIB - have}"), ran.stderr
    assert sha256(target) == sha256(contest / "data" / LARGE)


def test_wget_goes_on_where_it_was_cut_off(reader: Reader, contest: Path) -> None:
    require("wget")
    command, target = large_only(reader.snippet("wget")), reader.folder / LARGE
    (reader.folder / ".wgetrc").write_text(SLOW["wget"])
    have = reader.cut_off(command, target)
    assert MIB < have < 12 * MIB
    (reader.folder / ".wgetrc").unlink()
    ran = reader.run(command)
    assert ran.returncode == 0, ran.stderr
    assert "206 Partial Content" in ran.stderr
    assert sha256(target) == sha256(contest / "data" / LARGE)


def test_the_whole_set_is_one_zip_that_resumes_too(reader: Reader, contest: Path) -> None:
    require("curl", "unzip")
    release = reader.contestant.api(f"competitions/{SLUG}/data/")["releases"][0]
    header = '"Authorization: Bearer $TIDEMARK_TOKEN"'
    command, target = f"curl -fsS -C - -o set.zip -H {header} {release['zip_url']}", reader.folder / "set.zip"
    (reader.folder / ".curlrc").write_text(SLOW["curl"])
    have = reader.cut_off(command, target)
    assert MIB < have < 12 * MIB
    (reader.folder / ".curlrc").unlink()
    assert reader.run(command).returncode == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        digests = {Path(name).name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert digests == {file["name"].rsplit("/", 1)[-1]: file["sha256"] for file in release["files"]}
    tested = reader.run("unzip -t set.zip")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert digests[LARGE] == sha256(contest / "data" / LARGE)


def test_the_rules_stand_before_the_data(contest: Path, site: Site, tmp_path: Path) -> None:
    require("curl")
    (stranger,) = make_contestants(site, "stranger", slug=SLUG, is_joining=False)
    release = stranger.api(f"competitions/{SLUG}/data/")["releases"][0]  # what there is, everybody sees
    assert "snippet-curl" not in stranger.page("data/")
    header, out = '"Authorization: Bearer $TIDEMARK_TOKEN"', tmp_path / "got"
    code = 'write-out = "%{http_code}"\n'
    (tmp_path / ".curlrc").write_text(code)
    reader = Reader(stranger, tmp_path)
    for address in (release["zip_url"], *(file["url"] for file in release["files"])):
        ran = reader.run(f'curl -fs -o got -H {header} "{address}"')
        assert (ran.returncode, ran.stdout) == (22, "403"), address
        assert reader.run(f'curl -fs -o got "{address}"').stdout == "401"
    assert not out.exists()
    session = {"Cookie": f"sessionid={stranger.session}"}
    assert site.get(f"/competitions/{SLUG}/data/1/files/{LARGE}", headers=session).status == 403

    joined = site.send(
        "POST",
        f"/api/v1/competitions/{SLUG}/join/",
        body=b'{"team_name": "Strangers", "accept_terms": "1"}',
        token=stranger.token,
        headers={"Content-Type": "application/json"},
    )
    assert joined.status in {200, 201}, joined.body
    ran = reader.run(f'curl -fs -o got -H {header} "{release["zip_url"]}"')
    assert (ran.returncode, ran.stdout) == (0, "200")
    assert zipfile.is_zipfile(out)
