"""Everything that can be asked of a site with one contest: every route, in every way there is."""

from collections.abc import Iterator
from typing import Any

from competitions.models import Board
from competitions.queries.leaderboards import board_page
from tests.competitions.route_table import body, is_operators, rows
from tests.competitions.routes import Route, all_routes
from tests.competitions.stage import Stage

BOARDS = ("pages:leaderboard", "pages:leaderboard_csv", "api:leaderboard", "api:leaderboard_csv")


def cursors(stage: Stage) -> list[str]:
    """Cursors of both boards: one may have been shared by an organiser."""
    boards = Board.objects.filter(phase__competition=stage.competition)
    return [board_page(board, size=2).next_cursor for board in boards]


Way = tuple[str, str, dict[str, str]]
WAYS: list[Way] = [
    ("GET", "", {}),
    ("GET", "?kind=private", {"accept-language": "ja"}),
    ("GET", "?kind=final&output=csv", {"accept": "text/csv"}),
    ("GET", "?kind=private&phase=main&task=levels&division=general", {"accept": "application/json"}),
    ("GET", "?format=json&fields=private,statistics&expand=evaluations&seen=x", {"hx-request": "true"}),
    ("HEAD", "?kind=private", {}),
    ("OPTIONS", "?kind=private", {}),
]
PATTERNS = {route.name: route.pattern for route in all_routes()}


def questions(stage: Stage) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Route, method, address and content of everything that is asked."""
    for route in all_routes():
        address = stage.address(route.name, route.pattern)
        for method, query, headers in _ways(route):
            yield route.name, method, address + query, {"headers": headers}
        for cursor in cursors(stage) if route.name in BOARDS else []:
            for kind in ("public", "private"):
                yield route.name, "GET", f"{address}?kind={kind}&after={cursor}&cursor={cursor}", {}
    for row in rows():
        if row.method != "GET":
            yield row.route, row.method, stage.address(row.route, PATTERNS[row.route]), body(row)


def readings(stage: Stage) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """GET of everything that is about contests, in every way: route, address and content."""
    for route, method, address, content in questions(stage):
        if method == "GET" and route.startswith(("pages:", "api:")):
            yield route, address, content


def _ways(route: Route) -> list[Way]:
    """Accounts know nothing of boards and queries, and an operator's address is one answer to everybody else."""
    if is_operators(route.pattern):
        return WAYS[:1]
    return WAYS if route.name.startswith(("pages:", "api:")) and route.name != "api:schema" else WAYS[:2]
