"""How a board ranks, in sentences: for the board itself and for the page that explains the scoring."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from competitions.board_rules import BoardRules, Gate, rules_of
from competitions.localised import text_in
from competitions.models import Board
from competitions.pages.contracts import metric_titles


def ranking_texts(board: Board) -> list[str]:
    """One sentence a rule, in the order in which they apply."""
    rules, titles = rules_of(board), metric_titles(board.task)
    return [
        *([_combination(rules, titles)] if rules.columns else []),
        *[_gate(gate, titles) for gate in rules.gates],
        _ties(rules),
        *([_ladder(rules)] if rules.ladder_step else []),
        *([_public_decimals(board.task.public_decimals)] if board.task.public_decimals is not None else []),
    ]


def rankings_texts(boards: Sequence[Board]) -> list[str]:
    """The same for all divisions of a task: what each one ranks by, then what holds for all of them."""
    texts = [ranking_texts(board) for board in boards]
    if not boards or all(_way(board) == _way(boards[0]) for board in boards):
        return texts[0] if texts else []
    shared = [text for text in texts[0] if all(text in other for other in texts)]
    return [_one_entry(len(boards)), *map(_division, boards, [_left(text, shared) for text in texts]), *shared]


def _way(board: Board) -> tuple[BoardRules, int]:
    return rules_of(board), board.decimals


def _left(texts: list[str], shared: list[str]) -> str:
    return " ".join(text for text in texts if text not in shared)


def _one_entry(count: int) -> str:
    return _("One submission is scored once and ranked in all %(count)s divisions.") % {"count": count}


def _division(board: Board, others: str) -> str:
    names = {
        "division": text_in(board.division.title),
        "metric": metric_titles(board.task).get(board.metric, board.metric),
    }
    if board.combine:
        return _("%(division)s: %(rules)s") % {**names, "rules": others}
    return f"{_('%(division)s: ranked by %(metric)s.') % names} {others}".strip()


def _combination(rules: BoardRules, titles: dict[str, str]) -> str:
    parts = [(f"{column.weight:g} × ", titles.get(column.metric, column.metric)) for column in rules.columns]
    is_even = len({column.weight for column in rules.columns}) == 1
    names = ", ".join(name if is_even else weight + name for weight, name in parts)
    if rules.is_by_rank:
        text = _("A team's place is its mean rank over these columns, among all teams of the board: %(columns)s.")
        return text % {"columns": names}
    signs = {
        column.metric: "" if column.higher_is_better == rules.higher_is_better else "−" for column in rules.columns
    }
    total = " + ".join(
        f"{signs[column.metric]}{weight}{name}" for column, (weight, name) in zip(rules.columns, parts, strict=True)
    )
    return _("Combined score: %(total)s, of the scores as they are shown.") % {"total": total.replace("+ −", "− ")}


def _gate(gate: Gate, titles: dict[str, str]) -> str:
    values = {"metric": titles.get(gate.metric, gate.metric), "least": gate.at_least, "most": gate.at_most}
    if gate.at_least is not None:
        return _("Required: %(metric)s at least %(least)s. Teams below it stand behind all others.") % values
    return _("Required: %(metric)s at most %(most)s. Teams above it stand behind all others.") % values


def _ties(rules: BoardRules) -> str:
    if rules.tie_tolerance:
        text = _(
            "Scores are compared after rounding to multiples of %(step)s; "
            "of equal scores the one submitted earlier is ahead."
        )
        return text % {"step": f"{rules.tie_tolerance:g}"}
    text = _(
        "Scores are compared after rounding to %(decimals)s decimals; "
        "of equal scores the one submitted earlier is ahead."
    )
    return text % {"decimals": rules.decimals}


def _ladder(rules: BoardRules) -> str:
    text = _(
        "A new public score is shown only when it beats the team's best by at least %(step)s; "
        "else the best one is shown again."
    )
    return text % {"step": f"{rules.ladder_step:g}"}


def _public_decimals(decimals: int) -> str:
    return _("Public scores are shown with %(decimals)s decimals at most.") % {"decimals": decimals}
