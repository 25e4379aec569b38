"""The contracts of lines and detections in words."""

from django.utils import translation

from competitions.pages.line_contracts import detection_rules, line_notes, line_rules


def test_rules_say_what_each_form_of_lines_must_hold() -> None:
    contract = {
        "formats": ["pixel_json", "geojson", "wkt"],
        "max_points": 50,
        "coordinates": "crs",
        "allow_empty": True,
    }
    with translation.override("en"):
        text = " ".join(line_rules({**contract, "scene_property": "tile"}))
    for word in (
        "FeatureCollection of LineString",
        "property tile",
        "tile and wkt",
        "50 points",
        "in the CRS",
        "empty",
    ):
        assert word in text


def test_rules_of_detections_name_the_columns() -> None:
    contract = {"scene": "scene_id", "row": "row", "column": "column", "max_detections": 9, "flags": ["is_ship"]}
    with translation.override("en"):
        points, boxes = detection_rules(contract), detection_rules({**contract, "geometry": "box", "confidence": "p"})
    assert "scene_id,row,column,is_ship" in points[0]
    assert "scene_id,x_min,y_min,x_max,y_max,p,is_ship" in boxes[0]
    assert any("between 0 and 1" in rule for rule in boxes)


def test_notes_say_what_a_miss_costs() -> None:
    with translation.override("en"):
        notes = line_notes({"metric": "transect_error", "aggregate": "macro", "params": {"miss_cost": 40, "cap": True}})
    assert "a transect that is missed costs 40" in notes
    assert "no error costs more than a miss" in notes
