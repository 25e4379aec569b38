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
