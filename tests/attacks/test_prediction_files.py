"""Prediction files: each is read by the normaliser in its box, refused in words, and costs no quota."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from competitions.models import Competition
from tests import makers
from tests.attacks.fortress import Fortress, named
from tests.attacks.listening import listening
from tests.competitions.api.conftest import client_of
from tests.hostile_files import ARRAYS, COUNTS, LINES, MASK, PAIR, ROWS, TABLE, honest_files
from tests.scoring.hostile import archives, arrays, lines, rasters, tables
from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import geotiff

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]


def numbers(*names: str) -> list[tables.Attack]:
    return named(tables.ATTACKS, *(f"number: {name}" for name in names))


def table(name: str, data: bytes, *codes: str, words: str = "") -> tables.Attack:
    return tables.Attack(name, data, codes, words)


def parquet(**columns: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


# -- tables -----------------------------------------------------------------------------------------------------------


def test_what_only_python_takes_for_a_number_is_refused(fortress: Fortress) -> None:
    """P1: NaN, infinities, 1e400, 1e-400, digits of other scripts, underscores, blanks."""
    words = ("nan", "NaN", "inf", "-Infinity", "1e400", "1e-400", "full-width digits", "Arabic digits", "underscores")
    fortress.assert_refused(TABLE, "p.csv", numbers(*words, "blank before", "blank after", "no-break space after"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_in_a_binary_table_is_no_number_either(fortress: Fortress, value: float) -> None:
    """P1: Parquet holds NaN and infinities as they are."""
    data = parquet(id=[1, 2], y=[value, 2.0])
    fortress.assert_refused(COUNTS, "p.parquet", [table(str(value), data, "csv_not_number", words="Line 2")])


def test_a_table_that_two_readers_read_differently_is_refused(fortress: Fortress) -> None:
    """P2: ids twice, missing, extra or as other numbers; NUL, old line ends, endless quotes, a million columns."""
    wanted = ("id twice", "NUL", "old Mac line ends", "value of 200 kB", "line of a megabyte", "quote that never ends")
    fortress.assert_refused(TABLE, "p.csv", named(tables.ATTACKS, *wanted, "ten thousand columns"))
    fortress.assert_refused(TABLE, "p.csv", named(tables.MISALIGNED, "missing id", "extra id", "only strangers"))
    wide = ",".join(["id", "y", "w", *(f"c{number}" for number in range(1_000_000))]).encode() + b"\n"
    fortress.assert_refused(TABLE, "p.csv", [table("wide", wide, "csv_line_too_long", words="Line 1")])
    whole = [table(name, data, code) for name, data, code in tables.WHOLE_IDS]
    fortress.assert_refused(COUNTS, "p.csv", whole)
    floats = parquet(id=[1.0, 2.0], y=[1.0, 2.0])
    fortress.assert_refused(COUNTS, "p.parquet", [table("ids as floats", floats, "parquet_type")])


def test_order_and_ways_of_writing_lines_win_and_lose_nothing(fortress: Fortress) -> None:
    """P2: rows in another order, a byte order mark, mixed line ends: rows go by their ids, so all score alike."""
    perfect = fortress.score(TABLE, "p.csv", tables.rows(*ROWS))["scores"]
    ways = (
        tables.rows(*reversed(ROWS)),
        b"\xef\xbb\xbf" + tables.rows(*ROWS, end="\r\n"),
        b"id,y,w\na,1,x\r\nb,2,y\nc,3,x\n",
    )
    for data in ways:
        assert fortress.score(TABLE, "p.csv", data)["scores"] == perfect == {"rmse": 0.0}


def test_ids_that_look_alike_are_not_the_same(fortress: Fortress) -> None:
    """P3: an id that is the truth's only after normalising, folding or trimming is a stranger; so is a second one."""
    for other in ("A", "ａ", "a ", "a\u0301", "\u0430"):
        data = tables.rows("b,2,y", "c,3,x", f"{other},1,x")
        told = [table(repr(other), data, "id_unexpected", "id_missing")]
        fortress.assert_refused(TABLE, "p.csv", told)
        beside = [table(repr(other), tables.rows(*ROWS, f"{other},1,x"), "id_unexpected")]
        fortress.assert_refused(TABLE, "p.csv", beside)


def test_endless_numbers_and_deep_brackets_are_refused(fortress: Fortress) -> None:
    """P4: numbers of thousands of digits in tables, in JSON; JSON two hundred thousand brackets deep."""
    fortress.assert_refused(TABLE, "p.csv", numbers("four thousand digits"))
    fortress.assert_refused(
        COUNTS, "p.csv", [table("id", b"id,y\n" + b"9" * 5000 + b",1\n2,2\n", "csv_field_too_long")]
    )
    wanted = ("brackets two hundred thousand deep", "objects fifty thousand deep", "five thousand digits")
    fortress.assert_refused(LINES, "p.json", named(lines.ATTACKS, *wanted))


def test_a_visitor_cannot_make_the_site_fail_with_deep_or_endless_json(competition: Competition) -> None:
    """P4: JSON that the site itself reads."""
    visitor = client_of(makers.make_user("digger"))
    visitor.raise_request_exception = False
    address = f"/api/v1/competitions/{competition.slug}/join/"
    for text in ("[" * 200_000 + "]" * 200_000, '{"team_name": ' * 50_000, '{"team_name": ' + "1" * 5000 + "}"):
        answer = visitor.post(address, text, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")


# -- rasters ----------------------------------------------------------------------------------------------------------


def test_what_only_calls_itself_a_geotiff_is_refused(fortress: Fortress) -> None:
    """P5: VRT, WMS, XML, tile index, STAC, Zarr and NetCDF under the name of a GeoTIFF."""
    wanted = ("VRT of a file", "WMS description", "HTML", "tile index", "STAC item", "NetCDF", "HDF5")
    fortress.assert_refused(MASK, "pred.tif", named(rasters.ATTACKS, *wanted))
    fortress.assert_refused(PAIR, "pred.zip", named(archives.ATTACKS, "Zarr", "VRT as a scene"))


def test_a_file_that_points_to_an_address_sends_no_packet(fortress: Fortress, tmp_path: Path) -> None:
    """P6: VRT of addresses, archives, raw bytes and Python; a web service. The same file reaches us when GDAL may."""
    with listening() as server:
        address = f"http://127.0.0.1:{server.address}/x.tif"
        links = {
            "curl": rasters.vrt(f"/vsicurl/{address}"),
            "http": rasters.vrt(address),
            "zip": rasters.vrt(f"/vsizip//vsicurl/{address}/x.tif"),
            "streaming": rasters.vrt(f"/vsicurl_streaming/{address}"),
        }
        attacks = [
            Attack(name, lambda path, data=data: path.write_bytes(data), ("unknown_format",), "VRT")
            for name, data in links.items()
        ]
        wms = rasters.WMS.replace(b"127.0.0.1:9", f"127.0.0.1:{server.address}".encode())
        attacks.append(Attack("wms", lambda path: path.write_bytes(wms), ("unknown_format",), "web service"))
        attacks += named(rasters.ATTACKS, "VRT of an archive", "VRT of raw bytes", "VRT that runs Python")
        fortress.assert_refused(MASK, "pred.tif", attacks)
        assert server.visitors == []
        open_as_a_careless_program_would(tmp_path, links["curl"])
        assert server.visitors != []
    assert not Path("/tmp/ran").exists()


def open_as_a_careless_program_would(folder: Path, content: bytes) -> None:
    (folder / "pred.tif").write_bytes(content)
    unlocked = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL", "CPL", "VRT"))}
    program = "import rasterio, sys\ntry: rasterio.open(sys.argv[1]).read()\nexcept rasterio.errors.RasterioError: pass"
    arguments = [sys.executable, "-c", program, str(folder / "pred.tif")]
    subprocess.run(arguments, env=unlocked, capture_output=True, check=True, timeout=60)


def test_no_file_beside_a_raster_is_taken(fortress: Fortress) -> None:
    """P7: overviews, masks, metadata, world files and projections in an archive."""
    wanted = ("overview beside", "mask beside", "metadata beside", "world file beside", "projection beside")
    fortress.assert_refused(PAIR, "pred.zip", named(archives.ATTACKS, *wanted))


def zstd_bomb(path: Path) -> None:
    """256 million cells in some kilobytes."""
    zeros = np.zeros((16_000, 16_000), np.uint8)
    geotiff(path, zeros, compress="zstd", tiled=True, blockxsize=16_000, blockysize=16_000)


def test_a_raster_that_declares_more_than_its_scene_is_refused_before_a_cell_is_read(fortress: Fortress) -> None:
    """P8: sparse terabytes, bombs, ten thousand bands, tiles of one cell, a million pages, pages that go round."""
    wanted = ("sparse terabyte", "ten thousand bands", "tiles of one cell", "a million pages", "pages that go round")
    fortress.assert_refused(MASK, "pred.tif", named(rasters.ATTACKS, *wanted, "two pages"))
    bomb = Attack("zstd bomb", zstd_bomb, ("raster_shape", "raster_blocks"), "16000 x 16000")
    fortress.assert_refused(MASK, "pred.tif", [bomb])


def test_a_raster_that_lies_elsewhere_or_holds_something_else_is_refused(fortress: Fortress) -> None:
    """P9: another CRS, half a pixel, flipped axes, no-data, complex, float16, colour table, a mask inside."""
    place = ("another CRS", "no CRS", "half a pixel east", "upside down", "mirrored", "sheared")
    cells = ("complex", "complex integers", "float16", "NaN", "colour table", "mask inside", "class 255")
    fortress.assert_refused(MASK, "pred.tif", named(rasters.ATTACKS, *place, *cells))


# -- arrays and programs in disguise ----------------------------------------------------------------------------------


def test_the_head_of_an_array_is_not_believed_and_not_run(fortress: Fortress) -> None:
    """P10: objects, 7 TiB, calls, thousands of brackets and a million blanks in the head of a .npy."""
    wanted = ("array of objects", "header of 7 TiB", "header that calls", "header of ten thousand brackets")
    more = ("header of a million blanks", "negative shape", "more behind the array")
    fortress.assert_refused(ARRAYS, "pred.npy", named(arrays.ATTACKS, *wanted, *more))
    assert not arrays.has_run()


def test_an_archive_of_arrays_is_an_archive(fortress: Fortress) -> None:
    """P11: a bomb and objects in a .npz."""
    fortress.assert_refused(ARRAYS, "pred.npz", named(arrays.ATTACKS, "bomb", "objects in an archive"))
    assert not arrays.has_run()


def test_a_file_that_runs_where_it_is_loaded_is_no_prediction(fortress: Fortress) -> None:
    """P12: pickle, joblib, PyTorch and HDF5 models; nothing in them runs."""
    wanted = ("pickle", "oldest pickle", "joblib", "pickle in gzip", "PyTorch file", "HDF5 model")
    fortress.assert_refused(ARRAYS, "pred.npy", named(arrays.ATTACKS, *wanted))
    assert not arrays.has_run()


# -- lines ------------------------------------------------------------------------------------------------------------


def test_lines_without_end_and_databases_are_refused(fortress: Fortress) -> None:
    """P13: a million points, huge extents, open rings, OGR VRT, a GeoPackage with triggers and endless views."""
    fortress.assert_refused(LINES, "pred.geojson", lines.ATTACKS)


def test_a_polygon_that_crosses_itself_is_only_its_outline(fortress: Fortress) -> None:
    """P13: nobody asks for its inside, so there is nothing to disagree on."""
    answer = fortress.score(LINES, "pred.geojson", fortress.content(lines.CROSSED))
    assert answer["status"] == "scored"


def test_after_all_of_them_an_honest_file_still_scores(fortress: Fortress, tmp_path: Path) -> None:
    for task, (name, content) in honest_files(tmp_path / "honest").items():
        assert fortress.score(task, name, content)["status"] == "scored"
