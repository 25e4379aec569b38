"""The part of a task where contestants send programs instead of predictions."""

from typing import Any, Final

from competitions.bundles.schema_parts import PATH, SHORT, array, choice, integer, record, string, variants
from competitions.programs import ACCEPTED

SECONDS: Final[dict[str, Any]] = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 604_800,
    "description": "seconds",
}
LIMITS: Final = record(
    "What a program may use; the defaults are for what is left out.",
    required=(),
    wall_seconds=SECONDS | {"description": "seconds from its start to its end; 600 when absent"},
    cpu_seconds=SECONDS | {"description": "seconds of all processors together; 600 when absent"},
    memory_mib=integer("MiB of memory with its files in memory; 2048 when absent", minimum=64, maximum=1_048_576),
    processes=integer("processes and threads at once; 64 when absent", minimum=4, maximum=4096),
    cpus={"type": "number", "minimum": 0.1, "maximum": 256, "description": "processors; 1 when absent"},
    tmp_mib=integer("MiB of scratch space in /tmp; 256 when absent", minimum=1, maximum=65_536),
    output_mib=integer("MiB that it may write to submission/; 256 when absent", minimum=1, maximum=65_536),
    output_files=integer("files that it may write there; 1000 when absent", minimum=1, maximum=20_000),
    log_kib=integer("KiB that it may write to each of stdout and stderr; 64 when absent", minimum=1, maximum=1024),
    program_mib=integer("MiB of the unpacked archive; 500 when absent", minimum=1, maximum=16_384),
    state_mib=integer("MiB handed on from one time step to the next; 64 when absent", minimum=1, maximum=4096),
)
BY: Final[dict[str, Any]] = {"description": "folder or day"}
DAY: Final = string("a day such as 2026-01-31", pattern=r"^\d{4}-\d{2}-\d{2}$")
STEPS: Final = variants(
    "by",
    "Time steps: the program is run once for each, and sees the inputs of that step alone.",
    folder=record("Each folder in `inputs` is a step, in the order of their names.", required=("by",), by=BY),
    day=record(
        "Each day is a step; of every table it gets the rows that came by the cutoff, each row once.",
        required=("by", "first", "last", "cutoff", "tables"),
        by=BY,
        first=DAY,
        last=DAY,
        cutoff=string(
            "the time of day in the contest's time zone, such as 20:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$"
        ),
        days_before=integer("the cutoff is this many days before the step's day; 1 when absent", maximum=366),
        tables=array(
            "the tables in `inputs` that are cut",
            record(
                "A CSV table.",
                required=("path", "time"),
                path=PATH | {"description": "its path in `inputs`"},
                time=SHORT
                | {
                    "description": "the column that says when a row was issued; without an offset it is "
                    "taken in the contest's time zone"
                },
            ),
        ),
    ),
)
CODE: Final = record(
    "Contestants send programs. What a program writes is scored as a prediction.",
    required=("runtime", "inputs"),
    runtime=SHORT | {"description": "the name of a runtime that a worker has, such as python-geo"},
    accepts=array("what is taken; all when absent", choice("zip, script or notebook", *ACCEPTED)),
    inputs=PATH | {"description": "a folder: what programs find in data/; hidden unless inputs_are_public"},
    inputs_are_public={"type": "boolean", "description": "true shows the log of every run; false when absent"},
    trial=PATH
    | {"description": "a folder of the same layout with a few public inputs; each program is tried on it first"},
    limits=LIMITS,
    trial_limits=LIMITS | {"description": "where the trial's differ; it has 60 seconds when nothing is said"},
    steps=STEPS,
    timing_runs=integer(
        "how often a program that ended well is run again on a quiet machine, for run_wall_seconds and "
        "run_cpu_seconds; 0 when absent",
        maximum=20,
    ),
)
