"""What a prize goes by, as one ranking: the standings of a board, or the totals of a jury."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from competitions.awards import Ranked
from competitions.jury_totals import TIE_DECIMALS
from competitions.models import Award, Board, Division, Entry, Standing, Team
from competitions.queries.jury import is_all_judged, ranking, release_of, score_board
from competitions.queries.teams import insiders
from competitions.status import BoardKind

TOTAL_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class RankedTeam:
    """A team with what it is ranked by: a submission, or where a jury alone decides its entry in the division."""

    team: Team
    value: float
    key: float
    is_eligible: bool = True
    submission: int | None = None
    jury_entry: Entry | None = None

    @property
    def ranked(self) -> Ranked:
        return Ranked(self.team.pk, self.key, self.is_eligible)


@dataclass(frozen=True, slots=True)
class PrizeRanking:
    """The first first. `is_released`: everybody may know it. None of the teams while jurors still judge."""

    teams: tuple[RankedTeam, ...]
    decimals: int = TOTAL_DECIMALS
    is_released: bool = False
    board: Board | None = None


def prize_ranking(award: Award, *, most: int) -> PrizeRanking:
    """Teams of insiders keep their places in it, and win nothing; `most` are the others."""
    inside = insiders(award.competition)
    rows = most + len(inside)
    found = _of_jury(award.division, most=rows) if award.is_juried else _of_board(award, most=rows)
    teams = (replace(one, is_eligible=False) if one.team.pk in inside else one for one in found.teams)
    return replace(found, teams=tuple(teams))


def _of_board(award: Award, *, most: int) -> PrizeRanking:
    board = board_of(award)
    if board is None:
        return PrizeRanking(())
    rows = board.standings.select_related("team", "submission")[:most]
    return PrizeRanking(tuple(map(_of_standing, rows)), board.decimals, board.released_at is not None, board)


def board_of(award: Award) -> Board | None:
    """The private board; where the whole truth is public nobody is on it, and the public one decides."""
    same = Board.objects.filter(phase=award.phase_id, task=award.task_id, division=award.division_id)
    private = same.filter(kind=BoardKind.PRIVATE).first()
    if private is not None and private.standings.exists():
        return private
    return same.filter(kind=BoardKind.PUBLIC).first()


def _of_standing(one: Standing) -> RankedTeam:
    return RankedTeam(one.team, one.value, one.sort_key, is_eligible=not one.group, submission=one.submission_id)


# -- juries -----------------------------------------------------------------------------------------------------------


def _of_jury(division: Division, *, most: int) -> PrizeRanking:
    """As published; before that, as the sheets stand when all of them are signed."""
    release = release_of(division)
    if release is not None:
        rows = release.results.select_related("entry__team")[:most]
        return PrizeRanking(_of_totals(division, [(row.entry, row.total) for row in rows]), is_released=True)
    if not is_all_judged(division):
        return PrizeRanking(())
    found = ranking(division, division.rules)[:most]
    entries = division.entries.select_related("team").in_bulk([one.entry for one in found])
    return PrizeRanking(_of_totals(division, [(entries[one.entry], one.total) for one in found]))


def _of_totals(division: Division, totals: Iterable[tuple[Entry, float]]) -> tuple[RankedTeam, ...]:
    """A total that a score is part of was won with the submission on the score's board: that is run again."""
    board = score_board(division, division.rules)
    submissions = dict(board.standings.values_list("team", "submission")) if board else {}
    return tuple(
        RankedTeam(
            entry.team,
            total,
            round(total, TIE_DECIMALS),
            submission=submissions.get(entry.team_id),
            jury_entry=None if entry.team_id in submissions else entry,
        )
        for entry, total in totals
    )
