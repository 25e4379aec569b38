"""The contract of lines in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

ACCEPT = ".json,.geojson,.csv"
OF_LINES = ("lines", "detections")
FORMATS = {"pixel_json": "JSON", "geojson": "GeoJSON", "wkt": "CSV (WKT)"}


def line_rules(contract: Mapping[str, Any]) -> list[str]:
    """What a file of lines must be, a sentence each, read from the very contract that checks it."""
    formats, is_points = contract.get("formats", []), contract.get("geometry") == "points"
    rules = [_("One file for all scenes; every scene below must be in it, and no other.")]
    if "pixel_json" in formats:
        rules.append(_pixel_rule(is_points))
    if "geojson" in formats:
        rules.append(_geojson_rule(contract, is_points))
    if "wkt" in formats:
        rules.append(
            _("CSV: the columns %(scene)s and wkt, such as LINESTRING (0 0, 3.5 4).")
            % {"scene": contract.get("scene_property", "scene")}
        )
    rules.append(
        _("Coordinates are finite numbers, at most %(count)s points a scene.") % {"count": contract["max_points"]}
    )
    rules.append(_place_rule(contract))
    if contract.get("allow_empty"):
        rules.append(_("A scene may be empty, but it must be there."))
    return rules


def _pixel_rule(is_points: bool) -> str:
    if is_points:
        return _('JSON: one object, {"scene": [[x, y], …], …}; points in any order.')
    return _('JSON: one object, {"scene": [[x, y], …], …}, or a list of such lines for a scene.')


def _geojson_rule(contract: Mapping[str, Any], is_points: bool) -> str:
    names = "Point, MultiPoint" if is_points else "LineString, MultiLineString, Polygon, MultiPolygon"
    values = {"property": contract.get("scene_property", "scene"), "types": names}
    return _("GeoJSON: a FeatureCollection of %(types)s; the property %(property)s names the scene.") % values


def _place_rule(contract: Mapping[str, Any]) -> str:
    if contract.get("coordinates") == "crs":
        return _("In GeoJSON and CSV, coordinates are in the CRS of the scene; nothing is reprojected.")
    return _("x is the column and y the row, in pixels; (0, 0) is the upper left corner of the first cell.")


def detection_rules(contract: Mapping[str, Any]) -> list[str]:
    """What a table of detections must be."""
    is_box, sure = contract.get("geometry") == "box", contract.get("confidence")
    places = ["x_min", "y_min", "x_max", "y_max"] if is_box else [contract["row"], contract["column"]]
    flags, numbers = contract.get("flags", []), contract.get("numbers", [])
    header = [contract["scene"], *places, *([sure] if sure else []), *flags, *numbers]
    rules = [
        _("A CSV file in UTF-8 with a header line and these columns, in any order: %(names)s.")
        % {"names": ",".join(header)},
        _("One row for each object that was found; a scene without a row is one in which nothing was found."),
        _("At most %(count)s rows a scene; places are in pixels.") % {"count": contract["max_detections"]},
    ]
    if sure:
        rules.append(_("%(name)s is between 0 and 1.") % {"name": sure})
    if flags:
        rules.append(_("%(names)s: true or false.") % {"names": ", ".join(flags)})
    if numbers:
        rules.append(_("%(names)s: finite numbers, not negative.") % {"names": ", ".join(numbers)})
    return rules


def line_notes(metric: Mapping[str, Any]) -> list[str]:
    """What a metric of lines does with the parameters of the contest."""
    params = metric.get("params", {})
    notes = [_("mean over the scenes")] if metric.get("aggregate") == "macro" else []
    if metric.get("metric", "").startswith("transect"):
        notes.append(_("a transect that is missed costs %(cost)s") % {"cost": params.get("miss_cost", 100)})
    if params.get("cap") is True:
        notes.append(_("no error costs more than a miss"))
    if "delta" in params:
        notes.append(_("within %(distance)s") % {"distance": params["delta"]})
    if params.get("unit") == "metre":
        notes.append(_("in metres"))
    return notes
