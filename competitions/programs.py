"""What a task that takes programs says of them. Pure: read from the task's JSON, with every default in one place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Any, Final

ACCEPTED: Final[Mapping[str, str]] = {"zip": ".zip", "script": ".py", "notebook": ".ipynb"}
TRIAL_SECONDS: Final = 60
# Metrics of the run itself, which rank by speed: their names, and where an Execution keeps them.
RUN_METRICS: Final[Mapping[str, str]] = {"run_wall_seconds": "wall_seconds", "run_cpu_seconds": "cpu_seconds"}


def scored_in_boxes(metrics: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The metrics that scoring computes; those of the run are known without it."""
    return [dict(metric) for metric in metrics if metric["metric"] not in RUN_METRICS]


@dataclass(frozen=True, slots=True)
class ProgramLimits:
    """What a program may use; units are in the names. With time steps, the times are for all steps together."""

    wall_seconds: float = 600
    cpu_seconds: float = 600
    memory_mib: int = 2048
    processes: int = 64
    cpus: float = 1.0
    tmp_mib: int = 256
    output_mib: int = 256
    output_files: int = 1000
    log_kib: int = 64
    program_mib: int = 500  # the archive, unpacked
    state_mib: int = 64  # what a program may hand on from one time step to the next

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "ProgramLimits":
        return cls(**{one.name: values[one.name] for one in fields(cls) if one.name in values})

    def as_dict(self) -> dict[str, float | int]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True)
class CodeRules:
    """`timing_runs`: how often a program that ended well is run again alone on the machine, for a speed that ranks."""

    runtime: str
    accepts: tuple[str, ...] = tuple(ACCEPTED)
    limits: ProgramLimits = field(default_factory=ProgramLimits)
    trial_limits: ProgramLimits = field(default_factory=ProgramLimits)
    has_steps: bool = False
    inputs_are_public: bool = False
    timing_runs: int = 0

    @classmethod
    def of(cls, code: Mapping[str, Any]) -> "CodeRules":
        limits = ProgramLimits.of(code.get("limits", {}))
        trial = {
            **limits.as_dict(),
            "wall_seconds": min(TRIAL_SECONDS, limits.wall_seconds),
            "cpu_seconds": min(TRIAL_SECONDS, limits.cpu_seconds),
            **code.get("trial_limits", {}),
        }
        return cls(
            runtime=code["runtime"],
            accepts=tuple(code.get("accepts", ACCEPTED)),
            limits=limits,
            trial_limits=ProgramLimits.of(trial),
            has_steps=bool(code.get("steps", False)),
            inputs_are_public=bool(code.get("inputs_are_public", False)),
            timing_runs=int(code.get("timing_runs", 0)),
        )

    @property
    def endings(self) -> tuple[str, ...]:
        return tuple(ACCEPTED[kind] for kind in self.accepts)

    def accepts_name(self, file_name: str) -> bool:
        return PurePosixPath(file_name.lower()).suffix in self.endings
