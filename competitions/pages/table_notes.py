"""What an organiser has set of a table's metric, in words, beside what every metric says."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def table_notes(params: Mapping[str, Any]) -> list[str]:
    """Columns, weights and the number of items, by which teams understand a score."""
    notes = []
    if columns := params.get("columns") or [
        params[name] for name in ("column", "lower", "upper", "mean", "sd") if params.get(name)
    ]:
        notes.append(_("columns: %(names)s") % {"names": ", ".join(map(str, columns))})
    if weights := params.get("weights"):
        shown = ", ".join(f"{name} {weight}" for name, weight in weights.items())
        notes.append(_("weights: %(weights)s") % {"weights": shown})
    if params.get("quantiles"):
        notes.append(_("quantiles: %(numbers)s") % {"numbers": ", ".join(map(str, params["quantiles"]))})
    if "k" in params:
        notes.append(_("the first %(count)s items count") % {"count": params["k"]})
    if "alpha" in params:
        notes.append(_("the interval may miss a share of %(share)s") % {"share": params["alpha"]})
    return notes
