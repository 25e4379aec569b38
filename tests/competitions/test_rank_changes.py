"""Board before and after -> which ranks change."""

import pytest

from competitions.rank_changes import Move, rank_changes


@pytest.mark.parametrize(
    ("before", "after", "changed", "first_changes"),
    [
        ([], [], 0, False),
        ([7, 8, 9], [7, 8, 9], 0, False),
        ([7, 8, 9], [8, 7, 9], 2, True),
        ([7, 8, 9], [7, 9, 8], 2, False),
        ([7, 8, 9], [9, 7, 8], 3, True),
        ([7, 8, 9], [7, 8], 1, False),  # the last one is gone
        ([7, 8, 9], [8, 9], 3, True),  # the first one is gone, everybody moves up
        ([7, 8], [7, 8, 9], 1, False),  # one comes
        ([], [7], 1, True),
        ([7], [], 1, True),
    ],
)
def test_boards_are_compared_place_by_place(
    before: list[int], after: list[int], changed: int, first_changes: bool
) -> None:
    found = rank_changes(before, after)
    assert (found.ranked, found.changed, found.first_changes) == (len(after), changed, first_changes)


def test_each_move_tells_from_where_to_where() -> None:
    assert rank_changes([7, 8, 9], [8, 7, 5]).moves == (
        Move(7, 1, 2),
        Move(8, 2, 1),
        Move(9, 3, None),
        Move(5, None, 3),
    )
