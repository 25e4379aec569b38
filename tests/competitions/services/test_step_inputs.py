"""What we write beside a step's inputs is told from what the organiser put there."""

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from competitions.services.step_inputs import DaySteps, TimedTable, cut_into_days, is_own


def test_only_the_files_that_we_write_ourselves_are_no_hidden_inputs(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "a.csv").write_text("issued_at,kwh\n2026-03-01T10:00:00,1\n")
    tables = (TimedTable("a.csv", "issued_at"),)
    steps = DaySteps(date(2026, 3, 2), date(2026, 3, 3), time(20), 1, ZoneInfo("Asia/Tokyo"), tables)
    cut_into_days(tmp_path / "inputs", tmp_path / "steps", steps)
    ours = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if is_own(path))
    assert ours == ["steps/2026-03-02/step.json", "steps/2026-03-03/step.json"]


def test_a_step_file_of_the_organiser_s_stays_a_hidden_input(tmp_path: Path) -> None:
    for text in ('{"day": "2026-03-02"}', '{"day": "2026-03-02", "known_by": "2026-03-01", "kwh": 5}\n', ""):
        (tmp_path / "step.json").write_text(text)
        assert not is_own(tmp_path / "step.json")
