"""The leaderboards of the format tidemark/1: what ranks, how ties are made, what guards against probing."""

from typing import Any, Final

from competitions.bundles.schema_parts import KEY, TEXT, Schema, array, choice, integer, record

LEAST: Final = 1e-12


def positive(description: str) -> Schema:
    return {"type": "number", "minimum": LEAST, "maximum": 1e12, "description": description}


BOUND: Final[dict[str, Any]] = {"type": "number", "description": "a number; the bound itself passes"}
LADDER: Final = record(
    "A new public score is shown only when it beats the team's best by the step, else the best is shown again.",
    required=("step",),
    step=positive("a number above 0, such as 0.001"),
)
COMBINE: Final = record(
    "One ranking from several metrics of the task.",
    required=("kind", "of"),
    kind=choice(
        "ranks: mean rank over the metrics among all teams; weighted: weighted sum of one submission's scores",
        "ranks",
        "weighted",
    ),
    of={
        "type": "object",
        "minProperties": 1,
        "additionalProperties": positive("a weight above 0"),
        "description": "the metrics' keys with their weights, such as {iou: 2, f1: 1}",
    },
    precision=integer("decimals shown and ranked by; 2 for ranks, the first metric's for weighted", maximum=12),
)
GATE: Final = record(
    "What a score must reach; rows that do not stand behind all others.",
    required=("metric",),
    metric=KEY | {"description": "the key of a metric"},
    at_least=BOUND,
    at_most=BOUND,
)
LEADERBOARD: Final = record(
    "How teams are ranked, in every phase.",
    required=("key",),
    key=KEY,
    title=TEXT,
    tasks=array("the keys of the tasks this ranking is for; all when absent", KEY),
    divisions=array("the keys of the divisions this ranking is for; all when absent", KEY),
    primary=KEY | {"description": "the key of the metric that ranks; the first metric when absent"},
    sorting=choice("asc: lower is better, desc: higher is better; the metric's own when absent", "asc", "desc"),
    submission_rule=choice("which submission a team's row shows; best when absent", "best", "last"),
    tie_tolerance=positive("scores are compared as multiples of this, such as 0.005; of equal ones the earlier wins"),
    public_decimals=integer("decimals of public scores, wherever shown; the metrics' own when absent", maximum=12),
    ladder=LADDER,
    combine=COMBINE,
    gates=array("what scores must reach to stand among the first", GATE),
    show_tied={"type": "boolean", "description": "mark teams that cannot be told from the first; true when absent"},
)
