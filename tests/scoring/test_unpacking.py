"""An uploaded program becomes plain files: nothing outside its folder, no links, nothing hidden."""

import io
import json
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from scoring import unpacking
from scoring.__main__ import main
from scoring.errors import InvalidPrediction
from scoring.unpacking import unpack
from tests.scoring.hostile import archives
from tests.scoring.makers import zipped

ALL = ("zip", "script", "notebook")
MIB = 1 << 20


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def as_bytes(files: Mapping[str, bytes | str]) -> dict[str, bytes]:
    return {name: data if isinstance(data, bytes) else data.encode() for name, data in files.items()}


def unpacked(
    tmp_path: Path, files: Mapping[str, bytes | str], accepts: tuple[str, ...] = ALL, max_bytes: int = MIB
) -> tuple[str, dict[str, bytes]]:
    tmp_path.mkdir(exist_ok=True)
    archive = zipped(tmp_path / "upload", as_bytes(files))
    entry = unpack(archive, "upload.zip", accepts, tmp_path / "out", max_bytes=max_bytes)
    return entry, files_in(tmp_path / "out" / "program")


def refused(tmp_path: Path, files: Mapping[str, bytes | str], **rules: object) -> list[tuple[str, str]]:
    """Codes and messages of what is wrong."""
    with pytest.raises(InvalidPrediction) as caught:
        unpacked(tmp_path, files, **rules)  # type: ignore[arg-type]
    assert all(path.name == "program" for path in (tmp_path / "out").iterdir())
    return [(problem.code, problem.message) for problem in caught.value.problems]


# -- what is taken ----------------------------------------------------------------------------------------------------


def test_a_zip_with_a_main_file_is_laid_out_as_it_is(tmp_path: Path) -> None:
    files = {"main.py": "import tools", "tools/__init__.py": "", "tools/_fast.py": "x", "model/w-1.npy": b"\x93NUMPY"}
    entry, found = unpacked(tmp_path, files)
    assert entry == "main.py"
    assert found == as_bytes(files)


def test_one_folder_around_everything_is_taken_off(tmp_path: Path) -> None:
    entry, found = unpacked(tmp_path, {"my-team/main.py": "x", "my-team/lib/a.py": "y"})
    assert (entry, set(found)) == ("main.py", {"main.py", "lib/a.py"})


def test_two_folders_around_everything_are_one_too_many(tmp_path: Path) -> None:
    ((code, message),) = refused(tmp_path, {"a/b/main.py": "x", "a/b/c.py": "x"})
    assert code == "program_no_main"
    assert "main.py" in message


def test_a_zip_may_hold_a_notebook_where_notebooks_are_taken(tmp_path: Path) -> None:
    assert unpacked(tmp_path, {"main.ipynb": "{}"})[0] == "main.ipynb"
    assert refused(tmp_path / "x", {"main.ipynb": "{}"}, accepts=("zip",))[0][0] == "program_no_main"


def test_of_a_script_and_a_notebook_the_script_is_run(tmp_path: Path) -> None:
    assert unpacked(tmp_path, {"main.ipynb": "{}", "main.py": "x"})[0] == "main.py"


@pytest.mark.parametrize(
    ("name", "entry"), [("my work.py", "main.py"), ("Model.PY", "main.py"), ("final (2).ipynb", "main.ipynb")]
)
def test_a_single_file_is_the_program_whatever_it_is_called(tmp_path: Path, name: str, entry: str) -> None:
    (tmp_path / "upload").write_bytes(b"content \x00\xff")
    assert unpack(tmp_path / "upload", name, ALL, tmp_path / "out", max_bytes=MIB) == entry
    assert files_in(tmp_path / "out") == {f"program/{entry}": b"content \x00\xff"}


@pytest.mark.parametrize(
    ("name", "accepts"),
    [("main.py", ("zip",)), ("p.csv", ALL), ("p.tar.gz", ALL), ("main", ALL), ("x.zip", ("script",))],
)
def test_another_kind_of_file_is_refused_with_the_endings_that_are_taken(
    tmp_path: Path, name: str, accepts: tuple[str, ...]
) -> None:
    (tmp_path / "upload").write_bytes(b"x")
    with pytest.raises(InvalidPrediction) as caught:
        unpack(tmp_path / "upload", name, accepts, tmp_path / "out", max_bytes=MIB)
    (problem,) = caught.value.problems
    assert problem.code == "program_ending"
    assert all(unpacking.ENTRIES[kind][0].rpartition(".")[2] in problem.message for kind in accepts if kind != "zip")


def test_an_empty_script_is_refused(tmp_path: Path) -> None:
    (tmp_path / "upload").touch()
    with pytest.raises(InvalidPrediction, match="empty"):
        unpack(tmp_path / "upload", "main.py", ALL, tmp_path / "out", max_bytes=MIB)


# -- names that do things elsewhere -----------------------------------------------------------------------------------


def test_names_that_python_or_pip_would_obey_are_plain_files_here(tmp_path: Path) -> None:
    names = [
        "sitecustomize.py",
        "usercustomize.py",
        "x.pth",
        "setup.py",
        "requirements.txt",
        "pyvenv.cfg",
        "report.json",
    ]
    _, found = unpacked(tmp_path, {"main.py": "x", **dict.fromkeys(names, "raise SystemExit(9)")})
    assert set(found) == {"main.py", *names}


def test_caches_hidden_files_and_clutter_are_left_out(tmp_path: Path) -> None:
    left_out = [
        "__pycache__/main.cpython-311.pyc", "lib/__pycache__/a.pyc", "a.pyc", "b.pyo", ".git/config", "lib/.hidden",
        ".env", ".ipynb_checkpoints/main.py", "__MACOSX/._main.py", ".DS_Store", "lib/.venv/bin/python",
    ]  # fmt: skip
    _, found = unpacked(tmp_path, {"main.py": "x", **dict.fromkeys(left_out, "y")})
    assert set(found) == {"main.py"}


def test_a_main_file_in_a_hidden_place_is_no_main_file(tmp_path: Path) -> None:
    assert refused(tmp_path, {".git/main.py": "x", "a.py": "x"})[0][0] == "program_no_main"


@pytest.mark.parametrize("name", ["data/x.csv", "submission/p.csv", "state/a", "new_state/b", "data"])
def test_places_of_the_site_are_not_the_program_s(tmp_path: Path, name: str) -> None:
    ((code, message),) = refused(tmp_path, {"main.py": "x", name: "y"})
    assert code == "program_reserved"
    assert name.split("/", maxsplit=1)[0] in message


def test_such_a_name_further_down_is_in_nobody_s_way(tmp_path: Path) -> None:
    assert "lib/data/x.csv" in unpacked(tmp_path, {"main.py": "x", "lib/data/x.csv": "y"})[1]


@pytest.mark.parametrize("name", ["mein programm.py", "氷.py", "a/-rf", "a+b.py", "x" * 101 + ".py", "~a"])
def test_a_name_that_a_box_would_not_give_back_is_refused(tmp_path: Path, name: str) -> None:
    assert [code for code, _ in refused(tmp_path, {"main.py": "x", name: "y"})] == ["program_name"]


def test_a_file_that_is_a_folder_as_well_is_refused(tmp_path: Path) -> None:
    ((code, message),) = refused(tmp_path, {"main.py": "x", "lib": "a file", "lib/deep/a.py": "y"})
    assert code == "program_twice"
    assert "'lib'" in message and "'lib/deep/a.py'" in message  # noqa: PT018


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, {"a b.py": "x", "data/x": "y", "1/2/3/4/5/6/7": "z"})
    assert [code for code, _ in told] == ["program_name", "program_reserved", "program_depth", "program_no_main"]


# -- size -------------------------------------------------------------------------------------------------------------


def test_too_deep_too_many_files_and_too_many_folders_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "a/b/c/d/e/f" in unpacked(tmp_path / "deep", {"main.py": "x", "a/b/c/d/e/f": "y"})[1]
    assert refused(tmp_path / "deeper", {"main.py": "x", "a/b/c/d/e/f/g": "y"})[0][0] == "program_depth"
    monkeypatch.setattr(unpacking, "MAX_FILES", 10)
    many = {f"f{number}": "" for number in range(9)}
    assert len(unpacked(tmp_path / "many", {"main.py": "x", **many})[1]) == 10
    assert refused(tmp_path / "more", {"main.py": "x", "one": "", **many})[0][0] == "program_many_files"
    monkeypatch.setattr(unpacking, "MAX_FOLDERS", 5)
    folders = {f"d{number}/f": "" for number in range(6)}
    assert refused(tmp_path / "folders", {"main.py": "x", **folders})[0][0] == "program_many_folders"


def test_an_archive_that_says_that_it_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    ((code, message),) = refused(tmp_path, {"main.py": "x", "big": bytes(2 * MIB)})
    assert (code, "1 MiB" in message) == ("program_large", True)
    assert files_in(tmp_path / "out") == {}


def test_an_archive_as_large_as_is_allowed_is_taken(tmp_path: Path) -> None:
    assert len(unpacked(tmp_path, {"main.py": "x", "big": bytes(MIB - 1)})[1]["big"]) == MIB - 1


# -- hostile archives -------------------------------------------------------------------------------------------------

# In a program a folder is no fault; and that an archive says that it is too large has a test of its own.
HARMFUL = [
    attack
    for attack in archives.ATTACKS
    if any(code.startswith("zip_") for code in attack.codes)
    and attack.name not in {"sub-folder", "bomb", "byte code", "repository of git"}  # a program may hold these
]


@pytest.mark.parametrize("attack", HARMFUL, ids=str)
def test_a_hostile_archive_is_refused_and_leaves_nothing_outside(attack: archives.Attack, tmp_path: Path) -> None:
    upload, output = tmp_path / "upload", tmp_path / "out"
    attack.write(upload)
    upload.write_bytes(upload.read_bytes().replace(b"one.tif", b"main.py"))  # of the same length
    shutil.rmtree(tmp_path / "pieces", ignore_errors=True)
    with pytest.raises(InvalidPrediction) as caught:
        unpack(upload, "upload.zip", ALL, output, max_bytes=MIB)
    told = list(caught.value.problems)
    expected = [code for code in attack.codes if code.startswith("zip_")]
    if attack.name == "a hundred folders deep":  # a prediction has no such folders, a program only so many
        expected = ["program_depth"]
    assert [problem.code for problem in told] == expected
    assert all(len(problem.message) < 700 and problem.message.isprintable() for problem in told)
    assert set(tmp_path.iterdir()) == {upload, output}
    assert set(output.iterdir()) == {output / "program"}


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK], ids=hex)
def test_a_program_has_no_links_and_no_devices(tmp_path: Path, mode: int) -> None:
    with zipfile.ZipFile(tmp_path / "upload", "w") as archive:
        archive.writestr("main.py", "x")
        special = zipfile.ZipInfo("data2")
        special.create_system, special.external_attr = 3, (mode | 0o777) << 16
        archive.writestr(special, "/truth")
    with pytest.raises(InvalidPrediction, match="link or a special file"):
        unpack(tmp_path / "upload", "upload.zip", ALL, tmp_path / "out", max_bytes=MIB)


def test_modes_of_the_archive_mean_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "upload", "w") as archive:
        entry = zipfile.ZipInfo("main.py")
        entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o6777) << 16
        archive.writestr(entry, "x")
    unpack(tmp_path / "upload", "upload.zip", ALL, tmp_path / "out", max_bytes=MIB)
    mode = (tmp_path / "out" / "program" / "main.py").stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR)


def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(b"print('hello')")
    with pytest.raises(InvalidPrediction, match="ZIP"):
        unpack(tmp_path / "upload", "upload.zip", ALL, tmp_path / "out", max_bytes=MIB)


# -- as a command -----------------------------------------------------------------------------------------------------


def report_of(tmp_path: Path, *arguments: str) -> dict[str, object]:
    (tmp_path / "out").mkdir()
    words = ["unpack", f"--input={tmp_path / 'upload'}", f"--output={tmp_path / 'out'}", *arguments]
    assert main(words) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert isinstance(report, dict)
    return report


def test_the_command_reports_the_main_file_or_what_is_wrong(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", "x")
        archive.writestr("report.json", "mine")
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "upload").write_bytes(buffer.getvalue())
    good = report_of(tmp_path / "good", "--name=a.zip", "--accepts=zip,script", "--max-mib=1")
    assert (good["status"], good["entry"]) == ("ok", "main.py")
    assert files_in(tmp_path / "good" / "out" / "program") == {"main.py": b"x", "report.json": b"mine"}
    bad = report_of(tmp_path / "bad", "--name=a.zip", "--accepts=script", "--max-mib=1")
    assert (bad["status"], bad["total"], "entry" in bad) == ("invalid", 1, False)
