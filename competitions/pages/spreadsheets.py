"""Cells that a spreadsheet program will not take for a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """A team named =HYPERLINK(...) stays a name when somebody opens the export (OWASP: CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
