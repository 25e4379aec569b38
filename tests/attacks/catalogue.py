"""The catalogue of attacks on the platform, and the tests that speak of its entries.

A test says which entries it is about at the front of its docstring, as in `P7: side files ...` or `S9, C2: ...`. Most
of them stand in this folder, one file a family; a test that asks the same of one part alone stands beside that part's
other tests, and counts as well.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
FAMILIES: Final = {"I": 13, "P": 13, "S": 11, "C": 5, "W": 9}
# What no test here can show: shared processor caches (C5) and graphics processors (W9). deploy/RESIDUAL_RISKS.md has
# what an operator must know of them.
RESIDUAL: Final = frozenset({"C5", "W9"})
ENTRIES: Final = tuple(f"{family}{number}" for family, last in FAMILIES.items() for number in range(1, last + 1))
MARK: Final = re.compile(r"((?:[IPSCW]\d+)(?:, [IPSCW]\d+)*): ")


def found_by_entry() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, entries in marks_in(path.read_text()):
            for entry in entries:
                found.setdefault(entry, []).append(f"{path.relative_to(TESTS).as_posix()}::{name}")
    return found


def marks_in(source: str) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            mark = MARK.match(ast.get_docstring(node) or "")
            if mark:
                yield node.name, mark[1].split(", ")
