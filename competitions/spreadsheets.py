"""Cells that a spreadsheet program will not take for a formula."""

# The full-width ones, too: a spreadsheet in Japanese reads them as the others (OWASP: CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A team named =HYPERLINK(...) stays a name when somebody opens the export."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
