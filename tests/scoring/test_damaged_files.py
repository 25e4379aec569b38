"""Honest files with random damage: read or refused, never a fault of ours, and nothing stays behind."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scoring import makers
from tests.scoring.hostile import archives, rasters, tables
from tests.scoring.makers import Published

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 60
KINDS = ("deflate", "tiles", "png", "zip", "table")


def mask_file(path: Path, kind: str) -> bytes:
    if kind == "png":
        return makers.png(path, rasters.GOOD).read_bytes()
    if kind == "tiles":
        blocks = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "lzw"}
        return makers.geotiff(path, rasters.GOOD, **blocks).read_bytes()
    return makers.geotiff(path, rasters.GOOD, compress=kind).read_bytes()


def honest(folder: Path, kind: str) -> tuple[Published, bytes]:
    if kind == "table":
        contract = makers.table_contract(("y", "number"), ("w", "string"))
        metrics = [{"metric": "rmse", "params": {"column": "y"}}]
        task = makers.published_table(folder, "id,y,w\na,1,x\nb,2,y\nc,3,x\n", metrics, contract)
        return task, tables.rows("a,1,x", "b,2,y", "c,3,x")
    if kind == "zip":
        archives.with_members()(folder / "honest.zip")
        scenes = {"one": archives.CELLS, "two": archives.CELLS}
        return makers.published_masks(folder / "task", scenes), (folder / "honest.zip").read_bytes()
    return makers.published_masks(folder / "task", {"scene": rasters.GOOD}), mask_file(folder / "honest", kind)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, cut out or put in, half of them near the front, where the headers are."""
    body = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        place = dice.randrange(min(len(body), dice.choice([400, len(body)])))
        kind = dice.random()
        if kind < 0.7:
            body[place] = dice.choice([0, 1, 127, 128, 255, dice.randrange(256)])
        elif kind < 0.85:
            del body[place : place + dice.randrange(1, 9)]
        else:
            body[place:place] = dice.randbytes(dice.randrange(1, 9))
        body = body or bytearray(b"x")
    return bytes(body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, data = honest(tmp_path, kind)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    dice = random.Random(kind)
    refused = 0
    for _ in range(ROUNDS):
        path = tmp_path / "damaged"
        path.write_bytes(damaged(data, dice))
        problems = task.problems(path)
        refused += bool(problems)
        assert all(problem.message.isprintable() for problem in problems)
        if not problems:
            assert task.result(path)["status"] in {"ok", "invalid"}
    assert refused > 0
    assert not any(scratch.iterdir())


def test_a_scene_for_which_the_box_has_no_room_is_the_files_fault(tmp_path: Path) -> None:
    task = makers.published_masks(tmp_path / "task", {"one": archives.CELLS, "two": archives.CELLS})
    path = makers.zipped(tmp_path / "p.zip", {"one.tif": bytes(3_000_000), "two.tif": archives.tif(tmp_path)})
    contract = task.write_contract(tmp_path / "contract.json")
    script = (
        "import resource, sys; from scoring.__main__ import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "check", str(contract), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("Entry 'one.tif' of the ZIP archive unpacks to more than ")
