"""Who may enter a phase for promoted teams: the proposal that a board makes, and what organisers confirmed."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from competitions.models import Board, Phase, Promotion, PromotionRule, Team
from competitions.permissions import can_enter
from competitions.queries.leaderboards import BoardRow, all_rows
from competitions.quota import Refusal
from competitions.status import BoardKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """A team that took part in the phase before. `is_proposed`: the rule lets it in."""

    team: Team
    rank: int | None
    value: float | None
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the rule gives now. `board` is None until the boards of the phase before are released."""

    rule: PromotionRule
    board: Board | None
    candidates: list[Candidate]

    @property
    def proposed(self) -> list[Candidate]:
        return [one for one in self.candidates if one.is_proposed]


def rule_of(phase: Phase) -> PromotionRule | None:
    rules = PromotionRule.objects.filter(phase=phase)
    return rules.select_related("phase__competition", "source", "division", "task").first()


def promotion_refusal(team: Team, phase: Phase) -> Refusal | None:
    """Why a team may not enter; None where it may."""
    if can_enter(team, phase):
        return None
    is_decided = PromotionRule.objects.filter(phase=phase, confirmed_at__isnull=False).exists()
    return Refusal.NOT_PROMOTED if is_decided else Refusal.UNDECIDED


def enterable_phases(team: Team) -> QuerySet[Phase]:
    """The set of can_enter within the team's contest."""
    entered = Promotion.objects.filter(team=team, is_promoted=True).values("rule__phase")
    return team.competition.phases.filter(Q(promotion=None) | Q(pk__in=entered))


def promoted_into(team: Team) -> frozenset[int]:
    """The phases that a team was promoted into."""
    found = Promotion.objects.filter(team=team, is_promoted=True)
    return frozenset(found.values_list("rule__phase", flat=True))


def promotions(rule: PromotionRule) -> QuerySet[Promotion]:
    """What was confirmed: those promoted first, by rank."""
    return rule.promotions.select_related("team").order_by("-is_promoted", "rank", "pk")


def proposal(rule: PromotionRule, *, now: datetime) -> Proposal:
    """The teams in the order of the board that decides. Whoever fails one of its gates is not let in by the rule."""
    board = deciding_board(rule, now=now)
    if board is None:
        return Proposal(rule, None, [])
    rows = all_rows(board)
    on_board = {row.standing.team_id for row in rows}
    others = rule.phase.competition.teams.filter(submissions__phase=rule.source).exclude(pk__in=on_board)
    listed = [_candidate(row, rule) for row in rows]
    return Proposal(rule, board, [*listed, *(Candidate(team, None, None, False) for team in others.distinct())])


def _candidate(row: BoardRow, rule: PromotionRule) -> Candidate:
    standing = row.standing
    is_proposed = rule.first is not None and row.rank <= rule.first and standing.group == 0
    return Candidate(standing.team, row.rank, standing.value, is_proposed)


def deciding_board(rule: PromotionRule, *, now: datetime) -> Board | None:
    """The released final board; the public one where nothing is held back and the final one stays empty."""
    boards = Board.objects.filter(phase=rule.source, division=rule.division, task=rule.task).select_related("task")
    final = boards.filter(kind=BoardKind.FINAL, released_at__lte=now).first()
    if final is None or final.standings.exists():
        return final
    return boards.filter(kind=BoardKind.PUBLIC).first()
