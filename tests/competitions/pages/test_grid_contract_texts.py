"""What the page says of a contract of fields, read from the contract itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from competitions.pages.contracts import contract_text
from competitions.pages.grid_contracts import grid_notes

CONTRACT = {
    "kind": "grid",
    "formats": ["netcdf", "npy"],
    "variable": "rain",
    "units": "mm/h",
    "members": 10,
    "minimum": 0.0,
    "shape": [2, 661, 817],
    "fields": ["20190610T0000Z", "20190610T0100Z"],
    "coordinates": [{"axis": "y", "name": "lat", "values": []}, {"axis": "x", "name": "lon", "values": []}],
    "tolerance": 0.01,
    "weights": "cos_latitude",
    "max_file_bytes": 100,
}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def page_of(**changes: Any) -> str:
    task = SimpleNamespace(current_version=SimpleNamespace(contract={**CONTRACT, **changes}), submission={})
    text = contract_text(task, max_file_bytes=1000)
    place = SimpleNamespace(task=SimpleNamespace(sample_submission_id=None, starting_kit_id=None, key="t"))
    competition = SimpleNamespace(slug="c")
    html = render_to_string("pages/_contract.html", {"contract": text, "place": place, "competition": competition})
    return " ".join(html.split())


def test_a_contestant_reads_shape_unit_limits_and_places():
    page = page_of()
    for words in (
        "NetCDF4, NumPy (.npy)",
        "10 members × 2 fields × 661 rows × 817 columns",
        "the variable is called rain",
        "The unit is mm/h",
        "at least 0",
        "Coordinates (lat, lon)",
        "to 0.01 of a step",
        "cosine of their latitude",
        "2 fields",
        "<code>20190610T0100Z</code>",
    ):
        assert words in page


def test_nothing_is_said_of_what_the_contract_leaves_open():
    page = page_of(members=0, coordinates=[], weights="none", units="", formats=["npy"])
    assert "An array of 2 fields × 661 rows × 817 columns" in page
    for words in ("members", "Coordinates", "latitude", "unit", "variable"):
        assert words not in page


def test_a_metric_says_which_events_it_counts_and_on_which_grid():
    params = {"threshold": 10.0, "window": 5, "accumulate": 3, "upscale": 4, "upscale_by": "max"}
    assert grid_notes(params) == [
        "events: >= 10",
        "windows of 5 × 5 cells",
        "3 fields together",
        "boxes of 4 × 4 cells: largest value",
    ]
    assert grid_notes({"accumulate": 1, "upscale": 1}) == []
