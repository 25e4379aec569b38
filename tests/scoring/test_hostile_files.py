"""Files made to do harm, and files made by mistake: each is refused with a sentence that says what and where."""

from pathlib import Path

import numpy as np
import pytest

from scoring.errors import MESSAGES, Problems
from tests.scoring import line_files, makers
from tests.scoring.hostile import archives, arrays, lines, rasters, tables
from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import Published


@pytest.fixture(scope="module")
def mask_task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return makers.published_masks(tmp_path_factory.mktemp("task"), {"scene": rasters.GOOD})


@pytest.fixture(scope="module")
def two_scenes(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return makers.published_masks(tmp_path_factory.mktemp("task"), {"one": archives.CELLS, "two": archives.CELLS})


@pytest.fixture(scope="module")
def table_task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    contract = makers.table_contract(("y", "number"), ("w", "string"))
    contract["schema"]["fields"][1]["constraints"] = {"minimum": -1000, "maximum": 1e6}
    contract["schema"]["fields"][2]["constraints"] = {"enum": ["x", "y"]}
    metrics = [{"key": "rmse", "metric": "rmse", "params": {"column": "y"}}]
    return makers.published_table(tmp_path_factory.mktemp("task"), "id,y,w\na,1,x\nb,2,y\nc,3,x\n", metrics, contract)


@pytest.fixture(scope="module")
def array_task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("task")
    scenes = {"one": archives.CELLS, "two": archives.CELLS}
    for name, cells in scenes.items():
        makers.geotiff(folder / "raw" / f"{name}.tif", cells)
    contract = {**makers.raster_contract(), "formats": ["npy", "npz"]}
    return makers.published(folder, folder / "raw", contract, [makers.IOU])


@pytest.fixture(scope="module")
def lines_task(tmp_path_factory: pytest.TempPathFactory) -> Published:
    form = {"geometry": "lines", "formats": ["pixel_json", "geojson"], "max_points": lines.MAX_POINTS}
    metrics = [{"key": "f", "metric": "line_buffer_f", "params": {"delta": 3}}]
    return line_files.lines_task(tmp_path_factory.mktemp("task"), metrics, split={"by": "none"}, **form)


@pytest.fixture(autouse=True)
def own_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whatever is unpacked lies here, so a test can see that nothing stays behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    return scratch


def assert_refused(problems: Problems, codes: tuple[str, ...], words: str) -> None:
    told = [problem.message for problem in problems]
    assert makers.codes(problems) == list(codes), told
    assert words in "\n".join(told)
    assert all(len(message) < 700 and message.isprintable() for message in told)


@pytest.mark.parametrize("attack", rasters.ATTACKS, ids=str)
def test_a_hostile_raster_is_refused(attack: Attack, mask_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.tif"
    attack.write(path)
    assert_refused(mask_task.problems(path), attack.codes, attack.words)


@pytest.mark.parametrize("attack", archives.ATTACKS, ids=str)
def test_a_hostile_archive_is_refused(attack: Attack, two_scenes: Published, tmp_path: Path, own_scratch: Path) -> None:
    path = tmp_path / "pred.zip"
    attack.write(path)
    assert_refused(two_scenes.problems(path), attack.codes, attack.words)
    assert not any(own_scratch.iterdir())


@pytest.mark.parametrize("attack", arrays.ATTACKS, ids=str)
def test_a_hostile_array_is_refused_and_nothing_in_it_runs(
    attack: Attack, array_task: Published, tmp_path: Path
) -> None:
    path = tmp_path / "pred.npy"
    attack.write(path)
    assert_refused(array_task.problems(path), attack.codes, attack.words)
    assert not arrays.has_run()


@pytest.mark.parametrize("attack", lines.ATTACKS, ids=str)
def test_a_hostile_file_of_lines_is_refused(attack: Attack, lines_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.geojson"
    attack.write(path)
    assert_refused(lines_task.problems(path), attack.codes, attack.words)


@pytest.mark.parametrize("attack", tables.ATTACKS, ids=str)
def test_a_hostile_table_is_refused(attack: tables.Attack, table_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.csv"
    path.write_bytes(attack.data)
    assert_refused(table_task.problems(path), attack.codes, attack.words)


@pytest.mark.parametrize("attack", tables.MISALIGNED, ids=str)
def test_rows_that_are_not_the_truths_are_refused(attack: tables.Attack, table_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.csv"
    path.write_bytes(attack.data)
    result = table_task.result(path)
    assert result["status"] == "invalid"
    assert [problem["code"] for problem in result["problems"]] == list(attack.codes)
    assert attack.words in "\n".join(problem["message"] for problem in result["problems"])
    assert set(result) == {"schema", "status", "scoring_version", "problems", "total"}


@pytest.mark.parametrize(("name", "data", "code"), tables.WHOLE_IDS, ids=[name for name, *_ in tables.WHOLE_IDS])
def test_an_id_that_only_looks_like_a_whole_number_is_refused(
    name: str, data: bytes, code: str, tmp_path: Path
) -> None:
    metrics = [{"key": "mae", "metric": "mae"}]
    task = makers.published_table(tmp_path, "id,y\n1,1\n2,2\n", metrics, makers.table_contract(key_type="integer"))
    path = tmp_path / "pred.csv"
    path.write_bytes(data)
    assert makers.codes(task.problems(path)) == [code]


def test_all_mistakes_are_counted_and_the_first_twenty_told(table_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.csv"
    path.write_bytes(tables.rows(*(f"r{n},?,x" for n in range(25))))
    problems = table_task.problems(path)
    assert (len(list(problems)), problems.total) == (20, 25)


def test_a_file_larger_than_the_contest_allows_is_refused(tmp_path: Path) -> None:
    contract = makers.table_contract(max_file_bytes=100)
    task = makers.published_table(tmp_path, "id,y\na,1\n", [{"key": "mae", "metric": "mae"}], contract)
    path = tmp_path / "pred.csv"
    path.write_bytes(b"id,y\na,1\n" * 50)
    assert [problem.message for problem in task.problems(path)] == ["The file has 450 bytes; at most 100 are allowed."]


def test_one_raster_for_two_scenes_is_refused(two_scenes: Published, tmp_path: Path) -> None:
    path = makers.geotiff(tmp_path / "one.tif", archives.CELLS)
    assert makers.codes(two_scenes.problems(path)) == ["needs_zip"]


def test_every_problem_is_told_in_whole_sentences() -> None:
    assert not [code for code, text in MESSAGES.items() if not text.endswith((".", "?"))]


# -- what is no attack, though it looks like one -----------------------------------------------------------------------


def honest(task: Published, path: Path) -> float | None:
    return task.scores(path)["iou"]["public"]


@pytest.mark.parametrize(
    "profile",
    [
        {"nodata": 0},
        {"nodata": 1},
        {"compress": "lzw", "tiled": True, "blockxsize": 32, "blockysize": 16},
        {"compress": "zstd", "blockysize": 1},
        {"compress": "packbits"},
        {"compress": "deflate", "predictor": 2, "BIGTIFF": "YES"},
        {"nbits": 1},
    ],
    ids=str,
)
def test_the_way_of_storing_changes_nothing(profile: dict, mask_task: Published, tmp_path: Path) -> None:
    assert honest(mask_task, makers.geotiff(tmp_path / "p.tif", rasters.GOOD, **profile)) == 1.0


def test_scale_offset_and_overviews_change_nothing(mask_task: Published, tmp_path: Path) -> None:
    import rasterio
    from rasterio.enums import Resampling

    path = makers.geotiff(tmp_path / "p.tif", rasters.GOOD)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.0,), (1.0,)
        file.build_overviews([2, 4], Resampling.nearest)
    assert honest(mask_task, path) == 1.0


@pytest.mark.parametrize("big", ["YES", "NO"])
@pytest.mark.parametrize("order", ["BIG", "LITTLE"])
def test_overviews_are_no_further_images_in_any_byte_order(
    big: str, order: str, mask_task: Published, tmp_path: Path
) -> None:
    import rasterio
    from rasterio.enums import Resampling

    path = makers.geotiff(tmp_path / "p.tif", rasters.GOOD, BIGTIFF=big, ENDIANNESS=order)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4, 8], Resampling.nearest)
    assert path.read_bytes()[:4] == {"BIGYES": b"MM\0+", "BIGNO": b"MM\0*"}.get(order + big, path.read_bytes()[:4])
    assert honest(mask_task, path) == 1.0


def test_side_files_next_to_a_raster_are_not_read(mask_task: Published, tmp_path: Path) -> None:
    """P7: overviews, masks, metadata and world files on the same disk."""
    path = makers.geotiff(tmp_path / "pred.tif", rasters.GOOD)
    target = makers.geotiff(tmp_path / "truth.tif", 1 - rasters.GOOD)
    for ending in (".ovr", ".msk"):
        path.with_name(path.name + ending).write_bytes(rasters.vrt(str(target)))
    path.with_name("pred.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:4326</SRS></PAMDataset>")
    path.with_suffix(".tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    assert honest(mask_task, path) == 1.0


def test_a_world_file_does_not_place_a_raster(mask_task: Published, tmp_path: Path) -> None:
    path = makers.geotiff(tmp_path / "pred.tif", rasters.GOOD, transform=None)
    path.with_suffix(".tfw").write_text("50\n0\n0\n-50\n500025\n4999975\n")
    assert makers.codes(mask_task.problems(path)) == ["raster_transform"]


def test_a_png_needs_no_place(mask_task: Published, tmp_path: Path) -> None:
    assert honest(mask_task, makers.png(tmp_path / "p.png", rasters.GOOD)) == 1.0


def test_one_folder_around_all_and_a_file_managers_clutter_are_tolerated(two_scenes: Published, tmp_path: Path) -> None:
    good = archives.tif(tmp_path)
    members = {"sub/one.tif": good, "sub/two.TIF": good, "__MACOSX/sub/._one.tif": b"x", "sub/.DS_Store": b"x"}
    assert honest(two_scenes, makers.zipped(tmp_path / "p.zip", members)) == 1.0


def test_a_zip_of_one_scene_is_as_good_as_the_raster(mask_task: Published, tmp_path: Path) -> None:
    data = makers.png(tmp_path / "p.png", rasters.GOOD).read_bytes()
    assert honest(mask_task, makers.zipped(tmp_path / "p.zip", {"scene.png": data})) == 1.0


@pytest.mark.parametrize(
    "data",
    [
        tables.rows("c,3,x", "a,1,x", "b,2,y"),
        tables.rows("a,1,x", "b,2,y", "c,3,x", end="\r\n"),
        b"\xef\xbb\xbf" + tables.rows("a,1,x", "b,2,y", "c,3,x"),
        tables.rows("a,1,x", "b,2,y", "c,3,x") + b"\n\n",
        tables.rows("a,1,x", "b,2,y", "c,3,x").rstrip(),
        tables.rows("x,1.0,a", "y,+2e0,b", 'x,"3.",c', header="w,y,id"),
        tables.rows('"a",1,x', '"b",.2e1,"y"', '"c",3,x'),
        b"id,y,w\na,1,x\r\nb,2,y\nc,3,x\n",
    ],
    ids=["another order", "CRLF", "byte order mark", "blank lines at the end", "no line end at the end",
         "columns in another order", "quotes", "mixed line ends"],
)  # fmt: skip
def test_an_honest_table_is_read(data: bytes, table_task: Published, tmp_path: Path) -> None:
    path = tmp_path / "pred.csv"
    path.write_bytes(data)
    assert table_task.scores(path)["rmse"]["public"] == 0.0


def test_the_problems_of_all_scenes_are_told_at_once(two_scenes: Published, tmp_path: Path) -> None:
    wrong = makers.geotiff(tmp_path / "w.tif", archives.CELLS * 9).read_bytes()
    small = makers.geotiff(tmp_path / "s.tif", archives.CELLS[:4]).read_bytes()
    path = makers.zipped(tmp_path / "p.zip", {"one.tif": wrong, "two.tif": small})
    assert makers.codes(two_scenes.problems(path)) == ["raster_class", "raster_shape"]


def test_classes_with_gaps_and_negative_values_are_held_to_the_list(tmp_path: Path) -> None:
    truth = np.array([[-1, 3, 7]], np.int16)
    contract = {**makers.raster_contract(classes=[-1, 3, 7]), "dtype": "int16"}
    makers.geotiff(tmp_path / "raw" / "s.tif", truth)
    task = makers.published(tmp_path, tmp_path / "raw", contract, [{"key": "acc", "metric": "pixel_accuracy"}])
    assert task.scores(makers.geotiff(tmp_path / "p.tif", truth))["acc"]["public"] == 1.0
    for value in (-2, 0, 4, 8, 300):
        cells = truth.copy()
        cells[0, 1] = value
        problem = next(iter(task.problems(makers.geotiff(tmp_path / "p.tif", cells))))
        assert (problem.code, problem.params["value"], problem.params["column"]) == ("raster_class", value, 1)
