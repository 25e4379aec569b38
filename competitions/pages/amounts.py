"""A limit, or what was used of it, with its unit: the end of its name says which."""

from django.utils.formats import number_format

UNITS = {"seconds": "s", "mib": "MiB", "kib": "KiB"}


def amount(name: str, value: float) -> str:
    """0.31 s, 12.4 s, 600 s, 2,048 MiB: three figures of what is small."""
    decimals = 0 if value == int(value) or value >= 100 else 1 if value >= 10 else 2
    unit = UNITS.get(name.rsplit("_", 1)[-1], "")
    return f"{number_format(value, decimals, force_grouping=True)} {unit}".strip()
