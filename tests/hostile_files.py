"""A contest that hostile files are sent to, and the files: those the scorer's own tests hold, and what needs a site.

Its tasks take what the lists of tests.scoring.hostile are made for: one mask, a zip of two masks, a table, a table
whose ids are whole numbers, two masks as arrays of NumPy, and lines.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from tests.scoring import line_files
from tests.scoring.hostile import archives, arrays, lines, rasters, tables
from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import geotiff, zipped

SLUG: Final = "fortress"
MASK, PAIR, TABLE, COUNTS, ARRAYS, LINES = "mask", "pair", "table", "counts", "arrays", "lines"
TASKS: Final = (MASK, PAIR, TABLE, COUNTS, ARRAYS, LINES)
PERFECT: Final = (1.0, 1.0, 0.0, 0.0, 1.0, 1.0)  # the scores of honest_files
PER_DAY: Final = 1000  # those that wait count too, until they are refused
MIB: Final = 1 << 20
TRUTH_FILE: Final = "scene_0000.npy"

COMPETITION_YAML: Final = """\
schema: tidemark/1
slug: fortress
title: Fortress
timezone: Asia/Tokyo
contact_email: organiser@example.org
pages: [{key: overview, title: Overview, file: overview.md}]
terms: {version: "1", file: overview.md}
phases:
  - key: main
    name: Main
    start: 2026-01-01T00:00:00+09:00
    tasks: [mask, pair, table, counts, arrays, lines]
    max_submissions_per_day: %(per_day)d
    max_rejected_per_day: 0
tasks:
  - key: mask
    name: One mask
    submission: &masks {kind: raster, dtype: uint8, classes: {0: no, 1: yes}}
    truth: {path: truth/mask, split: {by: none}}
    metrics: &iou [{key: iou, metric: iou, params: {positive: 1}}]
  - key: pair
    name: Two masks
    submission: *masks
    truth: {path: truth/pair, split: {by: none}}
    metrics: *iou
  - key: table
    name: A table
    submission:
      kind: table
      schema:
        fields:
          - {name: id, type: string}
          - {name: y, type: number, constraints: {minimum: -1000, maximum: 1000000}}
          - {name: w, type: string, constraints: {enum: [x, y]}}
        primaryKey: id
    truth: {path: truth/table.csv, split: {by: none}}
    metrics: [{key: rmse, metric: rmse, params: {column: y}}]
  - key: counts
    name: Whole ids
    submission:
      kind: table
      formats: [csv, parquet]
      schema: {fields: [{name: id, type: integer}, {name: y, type: number}], primaryKey: id}
    truth: {path: truth/counts.csv, split: {by: none}}
    metrics: [{key: mae, metric: mae, params: {column: y}}]
  - key: arrays
    name: Arrays
    submission: {kind: raster, dtype: uint8, formats: [npy, npz], classes: {0: no, 1: yes}}
    truth: {path: truth/pair, split: {by: none}}
    metrics: *iou
  - key: lines
    name: Lines
    submission: {kind: lines, geometry: lines, formats: [pixel_json, geojson], max_points: 1000}
    truth: {path: truth/lines, split: {by: none}}
    metrics: [{key: f, metric: line_buffer_f, params: {delta: 3}}]
"""
# The scorer's own tests send them all; through a site each would be refused as its neighbour in the list is.
LIKE_A_NEIGHBOUR: Final = frozenset(
    """
    one byte|VRT of an address|VRT after a byte order mark|WMS description|HTML|NetCDF|JPEG|gzip|complex integers|int8|
    16-bit PNG|pixels a little wide|mirrored|sheared|turned by a quarter|colour table in a PNG|class 255|only a head|
    world file beside|projection beside|program beside|path upwards inside|drive letter|backslash|long name|fifo|device|
    names alike but for the form of an accent|number: NaN|number: Arabic digits|number: blank before|number: a point|
    number: blank after|number: no-break space after|number: hexadecimal|number: no exponent|number: two signs|
    number: a typographic minus|number: two points|number: true|number: -1e300|id that begins as another|
    id of a thousand letters|quote in the middle|row too long|id with a plus|id minus zero|id of forty digits|
    a million real entries|a thousand folders deep|option of a command|repository of git|path file of Python|byte code|
    build script|requirements|VRT of an archive|VRT that runs Python|tile index|float16|header that calls|
    header of ten thousand brackets|negative shape|oldest pickle|pickle in gzip|objects fifty thousand deep|
    five thousand digits|coordinates that are an address|a collection of geometries
    """.strip()
    .replace("|\n    ", "|")
    .split("|")
)
ROWS: Final = ("a,1,x", "b,2,y", "c,3,x")
Named = TypeVar("Named", Attack, tables.Attack)


@dataclass(frozen=True)
class HostileFile:
    """What is sent to a task, the codes of the problems that must be told, and words that must be among them."""

    task: str
    name: str
    file_name: str
    content: bytes
    codes: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        return f"{self.task}: {self.name}"


def raw_truth(directory: Path) -> Path:
    """The one mask that the organiser hides."""
    return directory / "truth" / MASK / "scene.tif"


def make_fortress(directory: Path) -> Path:
    """Write the contest's folder."""
    for name in ("mask", "pair"):
        (directory / "truth" / name).mkdir(parents=True)
    geotiff(raw_truth(directory), rasters.GOOD)
    for name in ("one", "two"):
        geotiff(directory / "truth" / PAIR / f"{name}.tif", archives.CELLS)
    (directory / "truth" / "table.csv").write_bytes(tables.rows(*ROWS))
    (directory / "truth" / "counts.csv").write_text("id,y\n1,1\n2,2\n")
    (directory / "truth" / LINES).mkdir()
    for name, points in line_files.coasts().items():
        (directory / "truth" / LINES / f"{name}.json").write_text(json.dumps(line_files.annotation(points)))
    (directory / "overview.md").write_text("# Fortress\n")
    (directory / "competition.yaml").write_text(COMPETITION_YAML % {"per_day": PER_DAY})
    return directory


def honest_files(folder: Path) -> dict[str, tuple[str, bytes]]:
    """A perfect prediction for each task: name and content."""
    folder.mkdir(parents=True, exist_ok=True)
    mask = geotiff(folder / "mask.tif", rasters.GOOD).read_bytes()
    one = archives.tif(folder)
    pair = zipped(folder / "pair.zip", {"one.tif": one, "two.tif": one}).read_bytes()
    return {
        MASK: ("mask.tif", mask),
        PAIR: ("pair.zip", pair),
        TABLE: ("table.csv", tables.rows(*ROWS)),
        COUNTS: ("counts.csv", b"id,y\n1,1\n2,2\n"),
        ARRAYS: ("arrays.npy", arrays.saved(arrays.PAIR)),
        LINES: ("lines.json", json.dumps({name: [one.tolist()] for name, one in line_files.coasts().items()}).encode()),
    }


def hostile_files(folder: Path, *, truth: Path, raw: Path) -> Iterator[HostileFile]:
    """One of each kind; `truth` is where the site keeps the normalised truth of the one-mask task, `raw` is where the
    organiser has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lists = (
        (MASK, "pred.tif", rasters.ATTACKS),
        (PAIR, "pred.zip", archives.ATTACKS),
        (ARRAYS, "pred.npy", arrays.ATTACKS),
        (LINES, "pred.geojson", lines.ATTACKS),
    )
    for task, file_name, attacks in lists:
        for attack in distinct(attacks):
            yield HostileFile(task, attack.name, file_name, attack.content(folder), attack.codes, attack.words)
    for table in distinct((*tables.ATTACKS, *tables.MISALIGNED)):
        yield HostileFile(TABLE, table.name, "pred.csv", table.data, table.codes, table.words)
    for name, data, code in tables.WHOLE_IDS:
        if name not in LIKE_A_NEIGHBOUR:
            yield HostileFile(COUNTS, name, "pred.csv", data, (code,), "id")
    yield from files_for_a_site(folder, truth, raw)


def distinct(attacks: Iterable[Named]) -> list[Named]:
    return [attack for attack in attacks if attack.name not in LIKE_A_NEIGHBOUR]


def files_for_a_site(folder: Path, truth: Path, raw: Path) -> Iterator[HostileFile]:
    """What makes sense only where a truth lies on the same disk, or where sizes matter."""
    link = raw_link(truth)
    member = zipped(folder / "link.zip", {"one.tif": link, "two.tif": archives.tif(folder)}).read_bytes()
    copy = rasters.vrt(str(raw))
    yield HostileFile(MASK, "VRT of the organiser's truth", "pred.tif", copy, ("unknown_format",), "VRT")
    yield HostileFile(MASK, "VRT of the site's truth", "pred.tif", link, ("unknown_format",), "VRT")
    yield HostileFile(MASK, "VRT of the box's truth", "a.tif", raw_link(Path("/truth")), ("unknown_format",), "VRT")
    yield HostileFile(PAIR, "VRT of the truth in a zip", "pred.zip", member, ("raster_format",), "one: the file is")
    yield HostileFile(PAIR, "nothing, as a zip", "pred.zip", b"", ("empty_file",), "empty")
    noise = np.random.default_rng(7).bytes(64 * MIB)
    yield HostileFile(MASK, "64 MiB of noise", "pred.tif", noise, ("unknown_format",), "must be")
    wide = ",".join(["id", "y", "w", *(f"c{number}" for number in range(200_000))]).encode() + b"\n"
    yield HostileFile(TABLE, "200,000 columns", "pred.csv", wide, ("csv_line_too_long",), "Line 1")
    yield HostileFile(MASK, "a name upwards", "../../../pred.tif", b"?", ("unknown_format",), "must be")
    yield HostileFile(MASK, "markup as a name", "<script>alert(1)</script>.tif", b"?", ("unknown_format",), "must be")


def raw_link(truth: Path) -> bytes:
    """A VRT that reads the cells out of a normalised truth, for whoever opens it where the truth can be reached."""
    place = truth / TRUTH_FILE
    offset = npy_offset(place) if place.exists() else 128
    rows, columns = rasters.SHAPE
    return f"""<VRTDataset rasterXSize="{columns}" rasterYSize="{rows}">
      <VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand"><SourceFilename>{place}</SourceFilename>
      <ImageOffset>{offset}</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>{columns}</LineOffset>
      </VRTRasterBand></VRTDataset>""".encode()


def npy_offset(path: Path) -> int:
    """Where the cells begin in a NumPy file of version 1."""
    with path.open("rb") as file:
        return 10 + int(struct.unpack("<H", file.read(10)[8:])[0])
