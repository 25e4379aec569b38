"""No path of a contest leads out of its folder."""

import os
from pathlib import Path

import pytest

from competitions.bundles.folder import BadPath, Folder
from competitions.bundles.loading import read_bundle
from tests.competitions.bundles.contests import TABLE_YAML, changed, with_raster_task, write_contest


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "contest" / "data").mkdir(parents=True)
    (tmp_path / "contest" / "data" / "train.csv").write_text("id\n")
    (tmp_path / "secret.txt").write_text("secret")
    return Folder(tmp_path / "contest")


def test_a_file_of_the_folder_is_found(folder: Folder) -> None:
    assert folder.file("data/train.csv").read_text() == "id\n"
    assert folder.file("./data/train.csv").read_text() == "id\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../secret.txt", "leaves the folder"),
        ("data/../../secret.txt", "leaves the folder"),
        ("/etc/passwd", "should be relative"),
        ("~/secret.txt", "should be relative"),
        ("..\\secret.txt", "should be relative"),
        ("data", "is a folder, but should be a file"),
        ("data/trian.csv", "there is no 'data/trian.csv'; did you mean 'train.csv'?"),
        ("x" * 300, "there is no"),
    ],
)
def test_other_paths_are_refused(path: str, reason: str, folder: Folder) -> None:
    with pytest.raises(BadPath, match=reason.replace("?", r"\?")):
        folder.file(path)


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_not(folder: Folder) -> None:
    (folder.root / "out").symlink_to(folder.root.parent / "secret.txt")
    (folder.root / "up").symlink_to(folder.root.parent)
    (folder.root / "in").symlink_to(folder.root / "data" / "train.csv")

    with pytest.raises(BadPath, match="is a link out of the folder"):
        folder.file("out")
    with pytest.raises(BadPath, match="is a link out of the folder"):
        folder.file("up/secret.txt")
    assert folder.file("in").read_text() == "id\n"


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "nothing"])
def test_a_folder_that_holds_a_way_out_is_refused(kind: str, folder: Folder) -> None:
    inner = folder.root / "data" / "x"
    if kind == "pipe":
        os.mkfifo(inner)
    else:
        target = {"file": "secret.txt", "folder": ".", "nothing": "contest/nothing"}[kind]
        inner.symlink_to(folder.root.parent / target)

    with pytest.raises(BadPath, match=r"'data/x' is (a link out of the folder|not an ordinary file)"):
        folder.folder("data")


def test_a_pipe_is_no_file(folder: Folder) -> None:
    os.mkfifo(folder.root / "pipe")

    with pytest.raises(BadPath, match="'pipe' is not an ordinary file"):
        folder.file("pipe")


def test_a_link_to_the_truth_in_the_offered_files_is_found(tmp_path: Path) -> None:
    write_contest(tmp_path)
    (tmp_path / "kit" / "answers.csv").symlink_to(tmp_path / "truth" / "solution.csv")
    os.link(tmp_path / "truth" / "solution.csv", tmp_path / "data" / "more.csv")
    text = changed(TABLE_YAML, "{path: data/train.csv,", "{path: data/more.csv,")
    (tmp_path / "competition.yaml").write_text(text)

    assert [problem.where for problem in read_bundle(tmp_path).problems] == [
        "data[0].files[0].path",
        "tasks[0].starting_kit",
    ]


def test_two_files_for_one_scene_are_told(tmp_path: Path) -> None:
    text = with_raster_task(tmp_path)
    (tmp_path / "masks" / "north.png").write_bytes(b"\x89PNG")

    (problem,) = read_bundle(write_contest(tmp_path, text)).problems

    assert problem.message == "scene 'north' has 2 files; keep one of the .tif, .tiff and .png"
