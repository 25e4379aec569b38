"""What the self-test makes of what its canaries say, where a back end's boxes cannot hide everything."""

from __future__ import annotations

from pathlib import Path

from sandbox import Outcome, Run, RunRequest, Severity
from sandbox.fake import FakeRunner, make_run
from sandbox.selftest import findings

KILLERS = (("ptrace", Outcome.VIOLATION), ("bytearray", Outcome.MEMORY), ("while True: pass", Outcome.TIME))


def answers(probe: bytes, where: list[Path]) -> list[object]:
    def answer(request: RunRequest, _: Path | None) -> Run:
        if request.mounts:
            where.append(request.mounts[0].source)
            return make_run(stdout=probe)
        code = request.argv[-1]
        return make_run(next((outcome for word, outcome in KILLERS if word in code), Outcome.OUTPUT))

    return [answer] * 6


def test_places_that_a_kind_of_box_always_has_are_no_escape_and_all_else_is(tmp_path: Path) -> None:
    said = b"ESCAPED files: /proc can be seen\nESCAPED files: /home can be seen\nDONE\n"

    found = findings(FakeRunner(answers(said, [])), inherent=("/proc", "/sys"))  # type: ignore[arg-type]

    assert {(finding.severity, finding.what) for finding in found} == {(Severity.ERROR, "files: /home can be seen")}


def test_canaries_are_shown_from_the_folder_that_a_back_end_can_mount(tmp_path: Path) -> None:
    where: list[Path] = []

    assert findings(FakeRunner(answers(b"DONE\n", where)), scratch=tmp_path) == []  # type: ignore[arg-type]
    assert {path.parents[1] for path in where} == {tmp_path}
