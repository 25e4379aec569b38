"""The contract of a grid in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

ACCEPT = ".nc,.nc4,.h5,.npy,.npz,.tif,.tiff,.zip"


def grid_rules(contract: Mapping[str, Any], formats: list[str]) -> list[str]:
    """What a file of fields must be, a sentence each, read from the very contract that checks it."""
    fields, rows, columns = contract.get("shape", (0, 0, 0))
    size = {"fields": fields, "rows": rows, "columns": columns, "members": contract.get("members", 0)}
    rules = [
        _("One file with all fields, or a ZIP with one file for each field: %(formats)s.")
        % {"formats": ", ".join(formats)},
        _shape(size),
        _(
            "Every cell needs a finite number, also where it does not count; "
            "which cells count is the organiser's to say."
        ),
    ]
    if "netcdf" in contract.get("formats", []) and contract.get("variable"):
        rules.append(
            _("In NetCDF, the variable is called %(name)s; a fill value means a missing cell.")
            % {"name": contract["variable"]}
        )
    if contract.get("units"):
        rules.append(_("The unit is %(unit)s; nothing is converted.") % {"unit": contract["units"]})
    if _limits(contract):
        rules.append(_("Values are %(limits)s.") % {"limits": _limits(contract)})
    if contract.get("coordinates"):
        rules.append(_coordinates(contract))
    return rules + _weights(contract)


def _shape(size: Mapping[str, int]) -> str:
    if size["members"]:
        return _("An array of %(members)s members × %(fields)s fields × %(rows)s rows × %(columns)s columns.") % size
    return _("An array of %(fields)s fields × %(rows)s rows × %(columns)s columns.") % size


def _limits(contract: Mapping[str, Any]) -> str:
    parts = []
    if "minimum" in contract:
        parts.append(_("at least %(value)s") % {"value": contract["minimum"]})
    if "maximum" in contract:
        parts.append(_("at most %(value)s") % {"value": contract["maximum"]})
    return "; ".join(parts)


def _coordinates(contract: Mapping[str, Any]) -> str:
    names = ", ".join(axis.get("name") or axis["axis"] for axis in contract["coordinates"])
    values = {"names": names, "tolerance": f"{contract.get('tolerance', 0.01):g}"}
    return (
        _(
            "Coordinates (%(names)s), where a file has them, must be those of contract.json to %(tolerance)s "
            "of a step. Nothing is shifted or turned round."
        )
        % values
    )


def _weights(contract: Mapping[str, Any]) -> list[str]:
    if contract.get("weights") == "cos_latitude":
        return [_("Cells are weighted by the cosine of their latitude, where a metric weights by area.")]
    if contract.get("weights") == "file":
        return [_("Cells are weighted as the organiser says, where a metric weights by area.")]
    return []


def grid_notes(params: Mapping[str, Any]) -> list[str]:
    """What a metric of grids does to the fields before it compares them, and which events it counts."""
    notes = []
    if "threshold" in params:
        unit = {"comparator": params.get("comparator", ">="), "threshold": f"{params['threshold']:g}"}
        notes.append(_("events: %(comparator)s %(threshold)s") % unit)
    if "window" in params:
        notes.append(_("windows of %(cells)s × %(cells)s cells") % {"cells": params["window"]})
    if params.get("accumulate", 1) != 1:
        notes.append(_("%(count)s fields together") % {"count": params["accumulate"]})
    if params.get("upscale", 1) != 1:
        by = _("largest value") if params.get("upscale_by") == "max" else _("mean")
        notes.append(_("boxes of %(cells)s × %(cells)s cells: %(by)s") % {"cells": params["upscale"], "by": by})
    return notes
