"""Prizes, and the audit of those who may win them, as JSON Schema."""

from typing import Any, Final

from competitions.bundles.schema_code import LIMITS
from competitions.bundles.schema_parts import KEY, SHORT, TEXT, array, choice, integer, record


def _tolerance(description: str, **rules: Any) -> dict[str, Any]:
    return {"type": "number", "minimum": 0, "description": description, **rules}


AWARD: Final = record(
    "A prize. It goes to the first teams of a board, or of a juried division.",
    required=("key", "title"),
    key=KEY,
    title=TEXT,
    board=record(
        "The board that the prize goes by; what there is only one of may be left out.",
        required=(),
        phase=KEY | {"description": "the key of a phase; the last one when absent"},
        task=KEY | {"description": "the key of a task of that phase"},
        division=KEY | {"description": "the key of a division of that phase"},
    ),
    jury=KEY | {"description": "the key of a juried division, by whose total the prize goes; instead of `board`"},
    places=integer("how many teams win it; 1 when absent", minimum=1, maximum=1000),
    reserves=integer("how many teams behind them are watched, to move up; 2 when absent", maximum=100),
    amount=TEXT | {"description": "what is won, in words"},
    sponsor=TEXT | {"description": "who gives it"},
)
TOLERANCE: Final = record(
    "What may differ when a winner's program is run again. Each one stated must hold; without any, nothing may differ.",
    required=(),
    absolute=_tolerance("of numbers, in their unit; of points, in pixels"),
    relative=_tolerance("of numbers, as a share of the larger one, such as 0.001"),
    share=_tolerance("the share of all cells that may differ, such as 0.001", maximum=1),
    iou=_tolerance("of masks: the least intersection over union of the two, over all classes and scenes", maximum=1),
    score=_tolerance("the largest difference of the score that ranks"),
)
WINNER_AUDIT: Final = record(
    "Winners are announced after an audit: candidates hand in their program, which is run again and compared.",
    required=(),
    hand_in=array(
        "what candidates must hand in; everything when absent, and the code always",
        choice(
            "one of the parts",
            "code",
            "model",
            "environment",
            "seeds",
            "steps",
            "report",
        ),
    ),
    days=integer("how many days candidates have from the day they are asked; 14 when absent", minimum=1, maximum=365),
    answer_days=integer("how many days a rejected team has to answer; 7 when absent", minimum=1, maximum=365),
    tolerance=TOLERANCE,
    runtime=KEY | {"description": "the runtime that programs are run in; the task's own, or python-geo when absent"},
    inputs=array("the files of the newest data release that programs are given in data/; all when absent", SHORT),
    limits=LIMITS,
    rejected=choice(
        "what becomes of a rejected team on the final board: it keeps its rank, unpaid (default), or is removed",
        "keep_rank",
        "remove",
    ),
    max_file_mib=integer("the most that a team hands in at once, in MiB; 1024 when absent", minimum=1, maximum=100_000),
)
