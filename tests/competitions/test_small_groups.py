"""Counts of groups tell nothing of fewer than five people, on one day or between any two."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competitions.small_groups import SMALLEST_GROUP, GroupTable, is_safe, next_table

K = SMALLEST_GROUP
COUNTRIES = ("", "AT", "FR", "JP", "US")


@pytest.mark.parametrize(
    ("counts", "groups", "rest"),
    [
        ({}, {}, 0),
        ({"JP": 4}, {}, 0),  # too few people for any table
        ({"JP": 5}, {"JP": 5}, 0),
        ({"JP": 20, "US": 7}, {"JP": 20, "US": 7}, 0),
        ({"JP": 20, "US": 7, "FR": 3, "AT": 2}, {"JP": 20, "US": 7}, 5),
        # One small group alone, or small ones that are few together: the next smallest goes with them.
        ({"JP": 20, "US": 7, "FR": 3}, {"JP": 20}, 10),
        ({"JP": 20, "US": 7, "FR": 1, "AT": 3}, {"JP": 20}, 11),
        ({"JP": 20, "FR": 4}, {}, 24),
        ({"JP": 4, "FR": 4}, {}, 8),
        ({"": 6, "JP": 6}, {"": 6, "JP": 6}, 0),  # who states nothing is a group like others
    ],
)
def test_a_small_group_is_among_the_others_and_cannot_be_had_by_subtraction(counts, groups, rest):
    table = next_table(counts, [])
    assert (table.groups, table.rest) == (groups, rest)


@pytest.mark.parametrize(
    ("before", "now", "groups", "rest"),
    [
        # One person joined: who saw yesterday's table would know the country.
        ({"JP": 20, "US": 10}, {"JP": 21, "US": 10}, {"JP": 20, "US": 10}, 0),
        # Five joined: all of one country, or of two that are told apart only together.
        ({"JP": 20, "US": 10}, {"JP": 25, "US": 10}, {"JP": 25, "US": 10}, 0),
        ({"JP": 20, "US": 10}, {"JP": 22, "US": 13}, {"JP": 20, "US": 10}, 5),
        # Nine Japanese and one other: to tell the nine would tell of the one.
        ({"JP": 20, "US": 10}, {"JP": 29, "US": 11}, {"JP": 20, "US": 10}, 10),
        # A group that loses one person keeps its number, and one that loses many is gone.
        ({"JP": 20, "US": 10}, {"JP": 20, "US": 9}, {"JP": 20, "US": 10}, 0),
        ({"JP": 20, "US": 10}, {"JP": 20, "US": 3}, {"JP": 20, "US": 10}, 0),
        ({"JP": 20, "US": 10}, {"JP": 30, "US": 5}, {"JP": 30, "US": 5}, 0),
    ],
)
def test_the_next_days_table_moves_by_nobody_or_by_five(before, now, groups, rest):
    yesterday = next_table(before, [])
    today = next_table(now, [yesterday])
    assert (today.groups, today.rest) == (groups, rest)


def test_people_who_join_one_a_day_are_told_when_there_are_enough_of_them():
    tables, counts = [], Counter({"JP": 20, "US": 10})
    for _day in range(10):
        tables.append(next_table(counts, tables))
        counts["JP"] += 1
    assert [table.groups["JP"] for table in tables] == [20] * 5 + [25] * 5


def test_the_check_itself_finds_what_is_not_safe():
    assert not is_safe(GroupTable({"JP": 4}, 20), [])
    assert not is_safe(GroupTable({"JP": 20}, 4), [])
    assert not is_safe(GroupTable({"JP": 21}, 10), [GroupTable({"JP": 20}, 11)])
    assert not is_safe(GroupTable({"JP": 20}, 11), [GroupTable({"JP": 20}, 10)])
    assert is_safe(GroupTable({"JP": 25}, 10), [GroupTable({"JP": 20}, 10)])


counts_of_a_day = st.dictionaries(st.sampled_from(COUNTRIES), st.integers(0, 40))


@given(st.lists(counts_of_a_day, min_size=1, max_size=8))
def test_no_cell_and_no_difference_of_two_days_tells_of_fewer_than_five(days):
    tables: list[GroupTable] = []
    for counts in days:
        tables.append(next_table(counts, tables))
    for table in tables:
        assert all(value == 0 or value >= K for value in table.values(COUNTRIES))
        assert table.total == sum(table.groups.values()) + table.rest
    for one, other in combinations(tables, 2):
        moved = [abs(a - b) for a, b in zip(one.values(COUNTRIES), other.values(COUNTRIES), strict=True)]
        assert all(step == 0 or step >= K for step in moved), (one, other)
    assert all(is_safe(table, tables[:number]) for number, table in enumerate(tables))


joins = st.lists(st.sampled_from(COUNTRIES), max_size=60)


@given(st.lists(joins, min_size=1, max_size=6))
def test_while_people_only_join_no_group_is_told_larger_than_it_is(days):
    tables, counts = [], Counter()
    for newcomers in days:
        counts.update(newcomers)
        tables.append(next_table(counts, tables))
        assert tables[-1].total <= counts.total()
        assert all(count <= counts[name] for name, count in tables[-1].groups.items())
