"""What the page says of a contract of masks, read from the contract itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from competitions.pages.contracts import contract_text
from competitions.problem_phrases import phrase

SCENES = [{"name": name, "height": 3, "width": 4} for name in ("north", "south")]


def contract(**fields: Any) -> dict[str, Any]:
    return {"kind": "raster", "dtype": "uint8", "scenes": SCENES, "max_file_bytes": 100, **fields}


def shown(document: dict[str, Any], submission: dict[str, Any]) -> Any:
    task = SimpleNamespace(current_version=SimpleNamespace(contract=document), submission=submission)
    return contract_text(task, max_file_bytes=1000)


def page_of(text: Any) -> str:
    place = SimpleNamespace(task=SimpleNamespace(sample_submission_id=None, starting_kit_id=None, key="t"))
    competition = SimpleNamespace(slug="c")
    html = render_to_string("pages/_contract.html", {"contract": text, "place": place, "competition": competition})
    return " ".join(html.split())


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def test_layers_are_named_with_their_classes_and_files():
    layers = [{"name": "SIC", "classes": [0, 1]}, {"name": "SOD", "classes": [0, 5]}]
    titles = {"layers": {"SIC": {"classes": {"0": {"en": "water"}}}, "SOD": {"classes": {"5": {"en": "old ice"}}}}}
    text = shown(contract(formats=["geotiff", "netcdf"], layers=layers), titles)
    page = page_of(text)
    for words in (
        "A ZIP file with one GeoTIFF file for each scene and layer",
        "<code>north_SIC.tif</code>, <code>north_SOD.tif</code>",
        "may hold all layers as bands, in this order: SIC, SOD",
        "a variable &lt;scene&gt;_&lt;layer&gt; of rows and columns",
        "Layer <code>SOD</code>",
        "old ice",
    ):
        assert words in page, page
    assert text.accept == ".tif,.tiff,.nc,.nc4,.h5,.hdf5,.zip"


def test_runs_alone_need_no_archive():
    rle = {"order": "columns", "start": 1, "scene": "ImageId", "runs": "EncodedPixels", "class": "", "background": 0}
    page = page_of(shown(contract(formats=["rle"], classes=[0, 1], rle=rle), {}))
    assert "A ZIP file" not in page
    assert "a CSV with the columns ImageId,EncodedPixels" in page
    assert "down the columns, counted from 1" in page


def test_a_jpeg_comes_with_a_warning():
    page = page_of(shown(contract(formats=["jpeg"], classes=[0, 200]), {}))
    assert "saving a JPEG changes cells" in page
    assert "<code>north.jpg</code>" in page


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NetCDF4 or GeoTIFF, or a ZIP of them", "NetCDF4 または GeoTIFF ZIP"),
        ("'mine or yours'", "'mine or yours'"),
        ("GeoTIFF, PNG, JPEG", "GeoTIFF, PNG, JPEG"),
    ],
)
def test_formats_that_are_allowed_are_joined_in_the_readers_language(monkeypatch, value, expected):
    words = {" or ": " または ", "%(formats)s, or a ZIP of them": "%(formats)s ZIP"}
    monkeypatch.setattr("competitions.problem_phrases.gettext", lambda text: words[text])
    assert phrase(value) == expected
