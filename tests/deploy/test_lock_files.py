"""What is installed is written down exactly, and nowhere from where."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETS = ("requirements.txt", "requirements-dev.txt")
LOCKS = sorted((ROOT / "deploy").glob("requirements*.txt"), key=lambda path: path.stem)


def test_every_list_of_requirements_has_its_lock_file():
    lists = sorted(path.stem for path in (ROOT / "deploy").glob("requirements*.in"))
    assert lists == [path.stem for path in LOCKS]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_names_no_host_and_no_folder_of_a_machine(lock):
    text = lock.read_text()
    assert not re.search(r"://|--index|--extra-index|--find-links|/(home|root|tmp|work|opt)/", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_one_version_and_a_hash(lock):
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.MULTILINE).strip())
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_developers_set_contains_the_sites_versions():
    pins = re.compile(r"^([\w.-]+(?:\[[\w,-]+\])?==\S+)", re.MULTILINE)
    site, developer = (set(pins.findall((ROOT / "deploy" / name).read_text())) for name in SETS)
    assert site - developer == set()


def test_the_front_end_lock_names_versions_and_digests_but_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert "node_modules/bootstrap" in packages
    for entry in packages.values():
        assert "resolved" not in entry
        assert entry["integrity"].startswith("sha512-")


def test_the_front_end_asks_for_exact_versions():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
