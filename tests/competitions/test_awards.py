"""Who wins what: candidates, reserves, who moves up, and when a prize is decided."""

from competitions.awards import Ranked, Standing, contenders, is_decided, winners
from competitions.status import WinnerVerdict

CONFIRMED, REJECTED, DECLINED = WinnerVerdict.CONFIRMED, WinnerVerdict.REJECTED, WinnerVerdict.DECLINED


def board(*teams: int, **keys: float) -> list[Ranked]:
    return [Ranked(team, float(keys.get(f"t{team}", team))) for team in teams]


def found(ranking: list[Ranked], places: int = 1, reserves: int = 1, **verdicts: WinnerVerdict) -> list:
    decided = {int(team[1:]): verdict for team, verdict in verdicts.items()}
    return contenders(ranking, places=places, reserves=reserves, verdicts=decided)


def told(rows: list) -> list[tuple[int, int | None, str]]:
    return [(one.team, one.place, str(one.standing)) for one in rows]


def test_the_first_teams_of_a_board_are_candidates_and_the_next_ones_reserves():
    assert told(found(board(1, 2, 3, 4, 5), places=2, reserves=2)) == [
        (1, 1, "candidate"), (2, 2, "candidate"), (3, None, "reserve"), (4, None, "reserve"),
    ]  # fmt: skip


def test_when_the_first_is_rejected_everybody_moves_up():
    rows = found(board(1, 2, 3, 4), places=2, t1=REJECTED, t2=CONFIRMED)
    assert told(rows) == [(1, None, "rejected"), (2, 1, "confirmed"), (3, 2, "candidate"), (4, None, "reserve")]
    assert [one.rank for one in rows] == [1, 2, 3, 4]
    assert not is_decided(rows)


def test_a_team_that_declines_makes_room_as_well():
    rows = found(board(1, 2), t1=DECLINED, t2=CONFIRMED)
    assert told(rows) == [(1, None, "declined"), (2, 1, "confirmed")]
    assert is_decided(rows)
    assert [one.team for one in winners(rows)] == [2]


def test_one_after_the_other_may_fall_out():
    rows = found(board(1, 2, 3, 4, 5), t1=REJECTED, t2=REJECTED, t3=DECLINED)
    assert told(rows)[3:] == [(4, 1, "candidate"), (5, None, "reserve")]


def test_places_without_a_team_are_awarded_to_nobody():
    rows = found(board(1, 2), places=3, t1=CONFIRMED, t2=CONFIRMED)
    assert told(rows) == [(1, 1, "confirmed"), (2, 2, "confirmed")]
    assert is_decided(rows)


def test_a_prize_whose_every_team_fell_out_is_decided_and_won_by_nobody():
    rows = found(board(1), t1=REJECTED)
    assert (is_decided(rows), winners(rows)) == (True, [])


def test_an_empty_board_has_no_candidates():
    assert found([], places=3) == []
    assert is_decided([])


def test_at_equal_scores_the_earlier_is_first_and_both_are_marked():
    rows = found(board(1, 2, 3, t1=5.0, t2=5.0, t3=6.0), reserves=2)
    assert [(one.team, one.place, one.is_tied) for one in rows] == [(1, 1, True), (2, None, True), (3, None, False)]


def test_whoever_fails_a_gate_of_the_board_wins_nothing():
    ranking = [Ranked(1, 1.0), Ranked(2, 1.0, is_eligible=False)]
    rows = found(ranking, places=2)
    assert told(rows) == [(1, 1, "candidate")]
    assert not rows[0].is_tied


def test_a_team_may_win_two_prizes_and_decline_one_of_them():
    first, second = board(1, 2), board(1, 3)
    assert told(found(first, t1=CONFIRMED))[0] == (1, 1, "confirmed")
    assert told(found(second, t1=DECLINED)) == [(1, None, "declined"), (3, 1, "candidate")]


def test_a_rejection_that_was_taken_back_gives_the_place_back():
    rows = found(board(1, 2, 3), t1=CONFIRMED, t2=CONFIRMED)
    assert told(rows) == [(1, 1, "confirmed"), (2, None, "reserve")]
    assert [one.team for one in winners(rows)] == [1]
    assert {str(one) for one in Standing} == {"candidate", "confirmed", "reserve", "rejected", "declined"}
