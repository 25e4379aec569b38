"""Boards: one row per board and team, brought up to date by the transaction that records a score.

The public board follows the phase's rule (best or last). The private board shows, for each team, the private score of
the submission that counts at the end (what the team has chosen, or the contest's final rule where it has chosen
nothing), so that what organisers see is what will be released.
How scores become places is in board_rules. A board by ranks is the one kind where a team's score moves others: it is
ranked anew in the same transaction while it is small, and by the sweeper when it is large.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from competitions.board_rules import BoardRules, ladder, mean_ranks, rules_of, shown_values
from competitions.models import (
    Board,
    Evaluation,
    FinalChoice,
    Score,
    Standing,
    Submission,
    Team,
    TeamPhase,
)
from competitions.queries.competitions import decimals_of
from competitions.services.team_locks import lock_team_of
from competitions.status import (
    BoardKind,
    EvaluationStatus,
    FinalCounts,
    FinalRule,
    SubmissionRule,
)

RANKED_AT_ONCE = 2_000  # rows, ranked and written in 0.3 s; the sweeper ranks larger boards
RANKED_LASTS_SECONDS = 3600  # then they are ranked again though nothing seems to have changed
Values = Mapping[str, float]


def enter(evaluation: Evaluation) -> None:
    """Bring the team's rows up to date after one more scored evaluation. Call it inside the scoring transaction."""
    submission = evaluation.submission
    if submission.is_late:
        return  # told to its team, on no board
    if evaluation.scoring_version_id != submission.task.current_version_id:
        return  # a re-scoring under a version that is not live yet: boards switch when it goes live
    team = lock_place(submission)
    for board in _boards(submission):
        refresh(board, team)


def refresh_private(submission: Submission, team: Team) -> None:
    """Its team chose otherwise for the end: what organisers see follows at once. Call it with the place locked."""
    for board in _boards(submission).filter(kind=BoardKind.PRIVATE, released_at=None):
        refresh(board, team)


def lock_place(submission: Submission) -> Team:
    """Two workers that score for one team at the same time take turns, else the worse score might be written last.
    Returns the team as it is now: it may have become part of another one since the submission was read."""
    team = lock_team_of(submission)
    TeamPhase.objects.get_or_create(team=team, phase_id=submission.phase_id)
    TeamPhase.objects.select_for_update().get(team=team, phase_id=submission.phase_id)
    return team


def _boards(submission: Submission) -> QuerySet[Board]:
    return (
        Board.objects.filter(
            phase=submission.phase_id, task=submission.task_id, kind__in=[BoardKind.PUBLIC, BoardKind.PRIVATE]
        )
        .select_related("phase__competition", "task__current_version")
        .order_by("pk")
    )


def refresh(board: Board, team: Team) -> Standing | None:
    """Recompute one team's row of one board from its scored evaluations (a few dozen at most)."""
    rules = rules_of(board)
    if not rules.is_by_rank:
        return _put_row(board, team, rules)
    _lock_whole(board)
    standing = _put_row(board, team, rules)
    if board.standings.count() <= RANKED_AT_ONCE:
        rank_whole(board)
    return standing


@transaction.atomic
def refresh_all(board: Board, teams: Iterable[Team]) -> None:
    """Recompute many teams' rows; a board by ranks is ranked once, at the end."""
    rules = rules_of(board)
    if rules.is_by_rank:
        _lock_whole(board)
    for team in teams:
        _put_row(board, team, rules)
    if rules.is_by_rank:
        rank_whole(board)


def _lock_whole(board: Board) -> None:
    """Before any row is touched: whoever ranks the whole board writes other teams' rows, too."""
    Board.objects.select_for_update().get(pk=board.pk)


def preview(board: Board, teams: Iterable[Team]) -> list[int]:
    """The teams of a board, from the first place on, as they would stand by the rules, the phase and the live version
    that this record holds in memory, saved or not. Writes nothing and locks nothing."""
    rules, decimals = rules_of(board), _decimals(board)
    rows = []
    for team in teams:
        candidates = _candidates(board, team)
        public = _public_values(board, candidates)
        counted = _counted_of(board, rules, candidates, public, _shown(rules, candidates, public))
        row = _row(board, rules, counted, entries=len(candidates)) if counted else None
        if row is not None:
            rows.append((team.pk, row))
    if rules.is_by_rank:
        means = mean_ranks([shown_values(row["values"], decimals) for _team, row in rows], rules.columns)
        for (_team, row), mean in zip(rows, means, strict=True):
            row["sort_key"] = rules.key(mean)
    rows.sort(key=lambda one: (one[1]["group"], one[1]["sort_key"], one[1]["submitted_at"], one[1]["submission"].pk))
    return [team for team, _row_of_team in rows]


def _put_row(board: Board, team: Team, rules: BoardRules) -> Standing | None:
    candidates = _candidates(board, team)
    public = _public_values(board, candidates)
    shown = _shown(rules, candidates, public)
    if board.kind == BoardKind.PUBLIC:
        _note_shown(candidates, shown)
    counted = _counted_of(board, rules, candidates, public, shown)
    if counted is None:
        Standing.objects.filter(board=board, team=team).delete()
        return None
    return _put(board, team, rules, counted, entries=len(candidates))


def _counted_of(
    board: Board,
    rules: BoardRules,
    candidates: list[Evaluation],
    public: Mapping[int, Values],
    shown: Mapping[int, Evaluation],
) -> "_Counted | None":
    public_shown = {one.pk: public.get(shown[one.pk].pk, {}) for one in candidates}
    if board.kind == BoardKind.PUBLIC:
        best = _chosen(board, rules, candidates, public_shown)
        return _Counted(shown[best.pk], public.get(shown[best.pk].pk, {})) if best else None
    return _counted(board, rules, candidates, public_shown)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a row shows: of one evaluation, or the mean of several, whose last one is named."""

    evaluation: Evaluation
    values: Values
    is_mean: bool = False


def _put(board: Board, team: Team, rules: BoardRules, counted: _Counted, *, entries: int) -> Standing | None:
    """The row of a team that shows what counted; none where what ranks is missing."""
    row = _row(board, rules, counted, entries=entries)
    if row is None:
        Standing.objects.filter(board=board, team=team).delete()
        return None
    if rules.is_by_rank:
        value = _rank_so_far(board, team)
        row |= {"value": value, "sort_key": rules.key(value)}
    return Standing.objects.update_or_create(board=board, team=team, defaults=row)[0]


def _row(board: Board, rules: BoardRules, counted: _Counted, *, entries: int) -> dict[str, Any] | None:
    chosen, values = counted.evaluation, counted.values
    as_shown = shown_values(values, _decimals(board))
    value = rules.value(as_shown if rules.columns else values)
    if value is None:
        return None
    return {
        "submission": chosen.submission,
        "value": value,
        "group": rules.group(as_shown),
        "sort_key": rules.key(value),
        "submitted_at": chosen.submission.submitted_at,
        "entries": entries,
        "values": values,
        "intervals": {} if counted.is_mean else _intervals(chosen, board.kind),
    }


def _rank_so_far(board: Board, team: Team) -> float:
    """Until the board is ranked anew: the team's old place, or behind everybody."""
    known = board.standings.filter(team=team).values_list("value", flat=True).first()
    return board.standings.count() + 1.0 if known is None else known


def _candidates(board: Board, team: Team) -> list[Evaluation]:
    """In the order of submission."""
    return list(
        Evaluation.objects.filter(
            submission__team=team,
            submission__phase=board.phase_id,
            submission__task=board.task_id,
            submission__is_late=False,
            scoring_version=board.task.current_version_id,
            status=EvaluationStatus.SCORED,
        )
        .select_related("submission")
        .defer("statistics", "public_detail", "private_detail", "problems")
        .order_by("submission__submitted_at", "submission_id")
    )


def _public_values(board: Board, candidates: list[Evaluation]) -> dict[int, dict[str, float]]:
    rows = Score.objects.filter(evaluation__in=candidates, split="public")
    found: dict[int, dict[str, float]] = {}
    for evaluation, metric, value in rows.values_list("evaluation", "metric", "value"):
        found.setdefault(evaluation, {})[metric] = value
    return found


def _shown(rules: BoardRules, candidates: list[Evaluation], public: Mapping[int, Values]) -> dict[int, Evaluation]:
    """For each evaluation the one whose public scores are shown: its own, or on a ladder perhaps an earlier one."""
    if rules.ladder_step is None:
        return {one.pk: one for one in candidates}
    values = [public.get(one.pk, {}).get(rules.metric) for one in candidates]
    at = ladder(values, rules.ladder_step, higher_is_better=rules.higher_is_better)
    return {one.pk: candidates[index] for one, index in zip(candidates, at, strict=True)}


def _note_shown(candidates: list[Evaluation], shown: Mapping[int, Evaluation]) -> None:
    """Pages and API show of each submission what this says, and never look further."""
    for one in candidates:
        other = shown[one.pk].pk if shown[one.pk].pk != one.pk else None
        if one.shown_as_id != other:
            Evaluation.objects.filter(pk=one.pk).update(shown_as=other)
            one.shown_as_id = other


def _chosen(
    board: Board, rules: BoardRules, candidates: list[Evaluation], public: Mapping[int, Values]
) -> Evaluation | None:
    """The evaluation that a board shows for a team that has chosen none itself. Choosing by private scores would
    reward luck that nobody saw."""
    if not candidates:
        return None
    if _rule(board) == SubmissionRule.LAST:
        return candidates[-1]
    return min(candidates, key=lambda one: _place(board, rules, one, public[one.pk], is_public=True))


# -- what counts at the end -------------------------------------------------------------------------------------------


def counting(board: Board, team: Team) -> list[Submission]:
    """The submissions of a team that count at the end of a private board: the chosen ones that are scored, or the
    default. In the order of submission; which of several is the better one is not told."""
    candidates = _candidates(board, team)
    chosen = _chosen_by_team(board, candidates)
    if not chosen and candidates:
        default = _default(board, rules_of(board), candidates)
        chosen = [default] if default else []
    return [one.submission for one in chosen]


def _default(board: Board, rules: BoardRules, candidates: list[Evaluation]) -> Evaluation | None:
    public = _public_values(board, candidates)
    shown = _shown(rules, candidates, public)
    return _chosen(board, rules, candidates, {one.pk: public.get(shown[one.pk].pk, {}) for one in candidates})


def _chosen_by_team(board: Board, candidates: list[Evaluation]) -> list[Evaluation]:
    if not board.phase.competition.final_select:
        return []
    chosen = set(
        FinalChoice.objects.filter(submission__in=[one.submission_id for one in candidates]).values_list(
            "submission", flat=True
        )
    )
    return [one for one in candidates if one.submission_id in chosen]


def _counted(
    board: Board, rules: BoardRules, candidates: list[Evaluation], public: Mapping[int, Values]
) -> _Counted | None:
    """What a private board shows of a team: by its own choice, or by the default where it has none that is scored."""
    chosen = _chosen_by_team(board, candidates)
    if not chosen:
        default = _chosen(board, rules, candidates, public)
        return _Counted(default, _values(default, "private")) if default else None
    counts = board.phase.competition.final_counts
    if counts == FinalCounts.LAST:
        return _Counted(chosen[-1], _values(chosen[-1], "private"))
    private = {one.pk: _values(one, "private") for one in chosen}
    if counts == FinalCounts.MEAN and len(chosen) > 1:
        return _Counted(chosen[-1], _mean([private[one.pk] for one in chosen]), is_mean=True)
    better = min(chosen, key=lambda one: _place(board, rules, one, private[one.pk], is_public=False))
    return _Counted(better, private[better.pk])


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """Of each metric that all of them have."""
    keys = set(rows[0]).intersection(*rows[1:])
    return {key: fmean(row[key] for row in rows) for key in sorted(keys)}


def _place(
    board: Board, rules: BoardRules, one: Evaluation, values: Values, *, is_public: bool
) -> tuple[int, float, datetime, int]:
    """Where an evaluation stands among its team's own; at equal scores the earlier comes first."""
    as_shown = shown_values(values, decimals_of(board.task, is_public=is_public))
    value = rules.value(as_shown) if rules.columns else values.get(rules.metric)
    key = float("inf") if value is None else rules.own_key(value)
    return rules.group(as_shown), key, one.submission.submitted_at, one.submission_id


def _rule(board: Board) -> SubmissionRule:
    if board.kind == BoardKind.PUBLIC:
        return SubmissionRule(board.phase.submission_rule)
    last = board.phase.competition.final_rule == FinalRule.LAST
    return SubmissionRule.LAST if last else SubmissionRule.BEST


def _values(evaluation: Evaluation, split: str) -> dict[str, float]:
    return dict(evaluation.scores.filter(split=split).values_list("metric", "value"))


def _decimals(board: Board) -> dict[str, int]:
    return decimals_of(board.task, is_public=board.kind == BoardKind.PUBLIC)


def _intervals(evaluation: Evaluation, kind: str) -> dict[str, object]:
    detail = "public_detail" if kind == BoardKind.PUBLIC else "private_detail"
    found = Evaluation.objects.filter(pk=evaluation.pk).values_list(f"{detail}__intervals", flat=True).first()
    return dict(found or {})


# -- boards by ranks --------------------------------------------------------------------------------------------------


def rank_whole(board: Board) -> int:
    """Compute every row's mean rank anew. Returns how many rows moved."""
    rules = rules_of(board)
    rows = list(board.standings.all())
    decimals = _decimals(board)
    means = mean_ranks([shown_values(row.values, decimals) for row in rows], rules.columns)
    moved = []
    for row, mean in zip(rows, means, strict=True):
        key = rules.key(mean)
        if (row.value, row.sort_key) != (mean, key):
            row.value, row.sort_key = mean, key
            moved.append(row)
    Standing.objects.bulk_update(moved, ["value", "sort_key"], batch_size=500)
    return len(moved)


def rank_large_boards() -> int:
    """Rank boards by ranks that are too large for the scoring transaction; run by the sweeper. Returns rows moved."""
    moved = 0
    for board in Board.objects.filter(combine__kind="ranks").select_related("task__current_version"):
        made_of = _made_of(board)
        if made_of[0] <= RANKED_AT_ONCE or cache.get(f"ranked:{board.pk}") == list(made_of):
            continue
        with transaction.atomic():
            _lock_whole(board)
            moved += rank_whole(board)
        cache.set(f"ranked:{board.pk}", list(made_of), RANKED_LASTS_SECONDS)
    return moved


def _made_of(board: Board) -> tuple[int, ...]:
    """What changes when any row does: taken before the ranking, so that what comes meanwhile is ranked at the next."""
    rows = board.standings.aggregate(count=Count("pk"), submissions=Sum("submission_id"), entries=Sum("entries"))
    counts = (rows["count"], rows["submissions"], rows["entries"], board.task.current_version_id)
    return tuple(int(one or 0) for one in counts)  # PostgreSQL sums to Decimal, which no cache of ours can keep
