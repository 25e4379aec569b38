"""Who judges what is fair: enough jurors for each entry, as much work for each juror, no friends, and repeatable."""

from collections import Counter

import pytest

from competitions.jury_balance import balance


def loads(pairs) -> list[int]:
    return sorted(Counter(juror for _entry, juror in pairs).values())


@pytest.mark.parametrize(("entries", "jurors", "each"), [(12, 5, 3), (7, 4, 2), (20, 3, 3), (1, 5, 1)])
def test_every_entry_gets_its_jurors_and_every_juror_the_same_work(entries, jurors, each):
    plan = balance(range(1, entries + 1), range(100, 100 + jurors), jurors_per_entry=each, seed="a/b")
    assert Counter(entry for entry, _juror in plan.pairs) == dict.fromkeys(range(1, entries + 1), each)
    assert len(set(plan.pairs)) == entries * each
    work = loads(plan.pairs) + [0] * (jurors - len(loads(plan.pairs)))
    assert max(work) - min(work) <= 1
    assert plan.missing == {}


def test_the_same_seed_gives_the_same_plan_and_another_one_another():
    plans = [balance(range(20), range(30, 36), jurors_per_entry=2, seed=seed).pairs for seed in ("x", "x", "y")]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_a_conflict_is_never_assigned_and_the_work_is_evened_out_around_it():
    conflicts = {(entry, 100) for entry in range(5)} | {(9, 101)}
    plan = balance(range(10), range(100, 104), jurors_per_entry=2, conflicts=conflicts, seed="s")
    assert not conflicts & set(plan.pairs)
    assert loads(plan.pairs) == [5, 5, 5, 5]


def test_what_cannot_be_given_out_is_said():
    plan = balance([1, 2], [10, 11], jurors_per_entry=2, conflicts={(1, 10)}, seed="s")
    assert plan.missing == {1: 1}
    assert set(plan.pairs) == {(1, 11), (2, 10), (2, 11)}


def test_what_is_assigned_already_stays_and_counts_as_work():
    taken = {(1, 10), (2, 10), (3, 10)}
    plan = balance([1, 2, 3, 4], [10, 11], jurors_per_entry=1, taken=taken, seed="s")
    assert plan.pairs == ((4, 11),)


def test_nothing_is_done_where_nothing_lacks():
    assert balance([1], [10], jurors_per_entry=1, taken={(1, 10)}, seed="s").pairs == ()
    assert balance([], [10], jurors_per_entry=1, seed="s").pairs == ()
    assert balance([1], [], jurors_per_entry=1, seed="s").missing == {1: 1}
