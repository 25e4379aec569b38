"""An organiser's program in its own process: what it returns, and every way in which it may go wrong."""

from __future__ import annotations

import math
import os
import re
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scoring.errors import InvalidJob, InvalidPrediction
from scoring.program import Program, ProgramFault, ProgramSpec, parse_program
from scoring.program_log import LOG_BYTES, CappedLog
from scoring.program_run import run_program

ONE_COLUMN = {"convention": "tidemark", "columns": [{"key": "mae", "direction": "lower", "minimum": 0}]}


def spec(**fields: Any) -> ProgramSpec:
    return parse_program({**ONE_COLUMN, "wall_seconds": 20, **fields}, "table")


def run(
    tmp_path: Path, source: str, *, calls: Sequence[tuple[Any, Any]] = (([1.0, 2.0], [1.0, 4.0]),), **fields: Any
) -> tuple[list[dict[str, float]], str]:
    """The values of each call, and the log."""
    needed = fields.pop("needed", None)
    memory_mib = fields.pop("memory_mib", None)
    file = tmp_path / "metric.py"
    file.write_text(textwrap.dedent(source))
    log = CappedLog()
    values = run_program(
        Program(file, spec(**fields)),
        [lambda pair=pair: pair for pair in calls],
        id_column="id",
        log=log,
        needed=needed,
        memory_mib=memory_mib,
    )
    return values, log.text


def fault(tmp_path: Path, source: str, **fields: Any) -> ProgramFault:
    with pytest.raises(ProgramFault) as caught:
        run(tmp_path, source, **fields)
    return caught.value


# -- what works -------------------------------------------------------------------------------------------------------


def test_a_program_returns_the_declared_columns(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            errors = [abs(p - t) for t, p in zip(truth, prediction)]
            return {"worst": max(errors) * params["weight"], "mae": sum(errors) / len(errors)}
        """
    columns = [*ONE_COLUMN["columns"], {"key": "worst", "direction": "lower"}]
    values, log = run(tmp_path, source, columns=columns, params={"weight": 3})
    assert values == [{"mae": 1.0, "worst": 6.0}]
    assert log == ""


def test_numbers_of_numpy_keep_every_bit(tmp_path: Path) -> None:
    source = """
        import numpy as np
        def score(truth, prediction, params):
            return {"mae": np.float64(0.1) + np.float64(0.2), "single": np.float32(0.1), "whole": np.int16(7)}
        """
    columns = [{"key": key, "direction": "higher"} for key in ("mae", "single", "whole")]
    values, _ = run(tmp_path, source, columns=columns)
    assert values == [{"mae": 0.1 + 0.2, "single": float(np.float32(0.1)), "whole": 7.0}]


def test_the_convention_of_kaggle_gets_the_name_of_the_ids_and_its_own_parameters(tmp_path: Path) -> None:
    source = """
        def score(solution, submission, row_id_column_name: str, power: int = 1) -> float:
            assert row_id_column_name == "id"
            return sum(abs(s - t) ** power for t, s in zip(solution, submission)) / len(solution)
        """
    values, _ = run(tmp_path, source, convention="kaggle", params={"power": 2})
    assert values == [{"mae": 2.0}]


PROBABILITIES = """
    import pandas as pd
    import kaggle_metric_utilities
    import sklearn.metrics

    def score(solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str) -> float:
        del solution[row_id_column_name], submission[row_id_column_name]
        kaggle_metric_utilities.verify_valid_probabilities(submission, "submission")
        return kaggle_metric_utilities.safe_call_score(sklearn.metrics.log_loss, solution.values, submission.values)
    """


def test_a_metric_that_uses_the_utilities_of_kaggle_runs_as_it_is(tmp_path: Path) -> None:
    solution = {"id": ["a", "b"], "x": [1, 0], "y": [0, 1]}

    def pair(x: list[float], y: list[float]) -> tuple[Any, Any]:
        return pd.DataFrame(solution), pd.DataFrame({"id": ["a", "b"], "x": x, "y": y})

    values, _ = run(tmp_path, PROBABILITIES, convention="kaggle", calls=[pair([0.5, 0.25], [0.5, 0.75])])
    assert values[0]["mae"] == pytest.approx(-(math.log(0.5) + math.log(0.75)) / 2, rel=1e-12)
    for wrong, message in (
        (pair([1.5, 0.0], [-0.5, 1.0]), "probabilities of submission must be from 0 to 1"),
        (pair([0.5, 0.5], [0.4, 0.5]), "probabilities of submission must sum to 1 in each row"),
    ):
        with pytest.raises(InvalidPrediction, match=message):
            run(tmp_path, PROBABILITIES, convention="kaggle", calls=[wrong])


def test_the_utilities_of_kaggle_are_there_for_its_convention_alone(tmp_path: Path) -> None:
    source = "import kaggle_metric_utilities\ndef score(t, p, q): return {'mae': 0}"
    assert "No module named 'kaggle_metric_utilities'" in fault(tmp_path, source).reason


def test_every_call_gets_parameters_of_its_own(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            params["seen"].append(1)
            return {"mae": len(params["seen"])}
        """
    values, _ = run(tmp_path, source, calls=[((), ()), ((), ())], params={"seen": []})
    assert values == [{"mae": 1.0}, {"mae": 1.0}]


def test_what_a_program_prints_and_warns_goes_to_its_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = """
        import os, sys, warnings
        print("on stdout")
        def score(truth, prediction, params):
            print("on stderr", file=sys.stderr)
            warnings.warn("take care")
            os.write(1, b"by descriptor \\x1b[2J\\n")
            assert sys.stdin.read() == ""
            return {"mae": 0}
        """
    values, log = run(tmp_path, source)
    assert values == [{"mae": 0.0}]
    for line in ("on stdout", "on stderr", "take care", "by descriptor \\x1b[2J"):
        assert line in log
    assert capfd.readouterr() == ("", "")


def test_a_later_call_may_fail_where_it_is_not_needed(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            return {"mae": 1 / len(truth)}
        """
    values, log = run(tmp_path, source, calls=[([1], [1]), ([], []), ([1], [1])], needed=1)
    assert values == [{"mae": 1.0}]
    assert "ZeroDivisionError" in log
    assert "call 2 of 3" in log


def test_no_byte_code_is_left_beside_the_program(tmp_path: Path) -> None:
    run(tmp_path, "def score(truth, prediction, params): return {'mae': 0}")
    assert [path.name for path in tmp_path.iterdir()] == ["metric.py"]


# -- what speaks to the contestant ------------------------------------------------------------------------------------

VISIBLE = """
    class ParticipantVisibleError(Exception):
        pass

    class Narrower(ParticipantVisibleError):
        pass

    def score(truth, prediction, params):
        raise {raised}
    """


@pytest.mark.parametrize("raised", ["ParticipantVisibleError", "Narrower"])
def test_a_visible_error_becomes_a_problem_of_the_file(tmp_path: Path, raised: str) -> None:
    source = VISIBLE.format(raised=f"{raised}('Row 3: probabilities must sum to 1')")
    with pytest.raises(InvalidPrediction) as caught:
        run(tmp_path, source)
    assert [(problem.code, problem.params) for problem in caught.value.problems] == [
        ("program_refused", {"message": "'Row 3: probabilities must sum to 1'"})
    ]


def test_the_message_of_a_visible_error_is_one_short_clean_line(tmp_path: Path) -> None:
    raised = r"ParticipantVisibleError('a\n\x1b[31mred\u202e' + 'x' * 9000)"
    with pytest.raises(InvalidPrediction) as caught:
        run(tmp_path, VISIBLE.format(raised=raised))
    message = str(caught.value.problems[0].params["message"])
    assert message.startswith(r"'a \u{1b}[31mred\u{202e}xxx")
    assert len(message) < 330
    assert message.isprintable()


def test_a_visible_error_before_the_first_call_is_a_fault_of_the_program(tmp_path: Path) -> None:
    source = "class ParticipantVisibleError(Exception): pass\nraise ParticipantVisibleError('no')"
    assert "ParticipantVisibleError: no" in fault(tmp_path, source).reason


# -- what is the program's fault --------------------------------------------------------------------------------------

BODY = "def score(truth, prediction, params):\n    return {body}\n"
RETURNS = {
    "a number": ("1.0", "'score' returned 'float'; it must return a dict of numbers"),
    "nothing": ("None", "'score' returned 'NoneType'; it must return a dict of numbers"),
    "a list": ("[('mae', 1)]", "'score' returned 'list'"),
    "no column": ("{}", "'score' returned no column; the columns are mae"),
    "another name": ("{'rmse': 1}", "'score' returned 'rmse'; the columns are mae"),
    "one name more": ("{'mae': 1, 'rmse': 1}", "'score' returned 'mae', 'rmse'; the columns are mae"),
    "a name that is no text": ("{1: 1}", "'score' returned '<int>'; the columns are mae"),
    "a nested dict": ("{'mae': {'mae': 1}}", "returned 'dict' for column 'mae'; it must be a number"),
    "a text": ("{'mae': '1'}", "returned 'str' for column 'mae'"),
    "a truth value": ("{'mae': True}", "returned 'bool' for column 'mae'"),
    "a complex number": ("{'mae': 1j}", "returned 'complex' for column 'mae'"),
    "an array": ("{'mae': __import__('numpy').ones(1)}", "returned 'ndarray' for column 'mae'"),
    "NaN": ("{'mae': float('nan')}", "returned nan for column 'mae'; it must be a finite number"),
    "infinity": ("{'mae': float('inf')}", "returned inf for column 'mae'"),
    "below the range": ("{'mae': -0.5}", "returned -0.5 for column 'mae'; its range is 0 to inf"),
    "a huge whole number": ("{'mae': 10 ** 400}", "OverflowError"),
    "a thousand columns": ("{str(n): n for n in range(100000)}", "the columns are mae"),
}


@pytest.mark.parametrize("name", RETURNS)
def test_what_is_not_one_finite_number_for_each_column_is_no_score(tmp_path: Path, name: str) -> None:
    body, reason = RETURNS[name]
    assert reason in fault(tmp_path, BODY.format(body=body)).reason


RAISES = {
    "an exception": ("1 / 0", "the program failed: ZeroDivisionError: division by zero"),
    "exit": ("exit(0)", "the program failed: SystemExit: 0"),
    "sys.exit": ("__import__('sys').exit('bye')", "the program failed: SystemExit: bye"),
    "os._exit": ("__import__('os')._exit(0)", "ended the process (exit status 0) before it returned a score"),
    "a signal": ("__import__('os').kill(__import__('os').getpid(), 9)", "was ended by signal 9"),
    "a crash": ("__import__('ctypes').string_at(0)", "was ended by signal 11"),
    "deep recursion": ("score(truth, prediction, params)", "the program failed: RecursionError"),
    "keyboard interrupt": ("(_ for _ in ()).throw(KeyboardInterrupt())", "the program failed: KeyboardInterrupt"),
}


@pytest.mark.parametrize("name", RAISES)
def test_however_the_program_ends_the_organiser_reads_why(tmp_path: Path, name: str) -> None:
    body, reason = RAISES[name]
    assert reason in fault(tmp_path, BODY.format(body=body)).reason


def test_the_traceback_is_in_the_log_and_begins_in_the_program(tmp_path: Path) -> None:
    found = fault(tmp_path, "def score(truth, prediction, params):\n    secret = truth\n    return secret['y']\n")
    assert "TypeError" in found.log
    assert 'metric.py", line 3, in score' in found.log
    assert "program_child.py" not in found.log


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def score(:", "SyntaxError"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("def scoring(): pass", "the file has no function 'score'; it has scoring"),
        ("score = 3", "the file has no function 'score'"),
        ("def score(truth, prediction): return {'mae': 0}", "TypeError: score() takes 2 positional arguments"),
        ("exit()", "SystemExit"),
        ("def score(t, p, q): raise type('Odd', (Exception,), {'__str__': lambda s: 1 / 0})()", "failed: Odd"),
    ],
)
def test_a_file_that_is_no_program_is_told(tmp_path: Path, source: str, reason: str) -> None:
    assert reason in fault(tmp_path, source).reason


def test_an_endless_loop_ends_at_the_limit_and_keeps_its_log(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            print("so far", flush=True)
            while True:
                pass
        """
    found = fault(tmp_path, source, wall_seconds=1)
    assert found.reason == "the program took more than 1 seconds"
    assert "so far" in found.log


def test_a_program_that_needs_too_much_memory_gets_an_error_of_its_own(tmp_path: Path) -> None:
    source = BODY.format(body="{'mae': len(bytearray(4 * 2**30))}")
    assert "MemoryError" in fault(tmp_path, source, memory_mib=2048).reason


def test_a_flood_of_output_neither_blocks_nor_fills_memory(tmp_path: Path) -> None:
    source = """
        import os
        def score(truth, prediction, params):
            os.write(1, b"the beginning\\n")
            for _ in range(100):
                os.write(1, b"x" * 1_000_000)
            print("the end")
            return {"mae": 2}
        """
    values, log = run(tmp_path, source)
    assert values == [{"mae": 2.0}]
    assert log.startswith("the beginning")
    assert log.endswith("the end\n")
    assert "bytes left out" in log
    assert len(log) < LOG_BYTES + 100


def test_a_result_written_to_stdout_is_only_a_line_of_the_log(tmp_path: Path) -> None:
    source = """
        def score(truth, prediction, params):
            print('{"value": {"columns": [["mae", "number", "0x0p+0"]]}}', flush=True)
            return {"mae": 5}
        """
    assert run(tmp_path, source)[0] == [{"mae": 5.0}]


def test_whoever_replaces_json_replaces_it_for_itself(tmp_path: Path) -> None:
    source = """
        import json
        json.loads = lambda text: {"value": {"columns": [["mae", "number", "0x0p+0"]]}}
        json.dumps = lambda document: "[]"
        def score(truth, prediction, params):
            return {"mae": 5}
        """
    assert "channel of its own answers" in fault(tmp_path, source).reason


def test_answers_that_the_program_writes_by_itself_are_too_many(tmp_path: Path) -> None:
    source = """
        import os
        def score(truth, prediction, params):
            for number in range(3, 64):
                try:
                    os.write(number, b'{"value": {"columns": [["mae", "number", "0x0p+0"]]}}\\n' * 2)
                except OSError:
                    pass
            return {"mae": 5}
        """
    assert "channel of its own answers" in fault(tmp_path, source).reason


LEFT_BEHIND = {
    "a thread": """
        import threading, time
        def score(truth, prediction, params):
            threading.Thread(target=time.sleep, args=(60,)).start()
            return {"mae": 4}
        """,
    "a process that holds every pipe": """
        import os, time
        def score(truth, prediction, params):
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            print("left", pid)
            return {"mae": 4}
        """,
}


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_nothing_that_a_program_leaves_running_outlives_its_score(tmp_path: Path, name: str) -> None:
    values, log = run(tmp_path, LEFT_BEHIND[name])
    assert values == [{"mae": 4.0}]
    left = re.search(r"left (\d+)", log)
    assert left is None or _is_gone(int(left[1]))


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        if status.rpartition(")")[2].split()[0] == "Z":  # dead, and its new parent has not looked yet
            return True
        time.sleep(0.05)
    return False


def test_the_parent_is_untouched_by_what_the_program_does_to_its_process(tmp_path: Path) -> None:
    before = (Path.cwd(), dict(os.environ), open)
    source = """
        import builtins, os
        os.chdir("/"); os.environ["X"] = "1"; builtins.open = None
        def score(truth, prediction, params):
            return {"mae": 0}
        """
    run(tmp_path, source)
    assert (Path.cwd(), dict(os.environ), open) == before


# -- what an organiser may declare ------------------------------------------------------------------------------------

COLUMN = {"key": "a", "direction": "higher"}
DECLARED = {
    "no columns": ({"convention": "tidemark"}, "'columns' is missing"),
    "an empty list": ({"convention": "tidemark", "columns": []}, "1 to 32 columns"),
    "an unknown convention": ({"convention": "kagle", "columns": [COLUMN]}, "did you mean kaggle"),
    "no direction": ({"convention": "tidemark", "columns": [{"key": "a"}]}, "'direction' is missing"),
    "a key with blanks": ({"convention": "tidemark", "columns": [{**COLUMN, "key": "a b"}]}, "'a b' is out of range"),
    "a key twice": ({"convention": "tidemark", "columns": [COLUMN, COLUMN]}, "the key 'a' is given twice"),
    "two columns of kaggle's": (
        {"convention": "kaggle", "columns": [COLUMN, {**COLUMN, "key": "b"}]},
        "the kaggle convention returns one number",
    ),
    "a range upside down": (
        {"convention": "tidemark", "columns": [{**COLUMN, "minimum": 1, "maximum": 0}]},
        "it must be below 0",
    ),
    "too many groups": (
        {"convention": "tidemark", "columns": [COLUMN], "interval": {"groups": 1000}},
        "1000 is out of range",
    ),
    "parameters as a list": ({"convention": "tidemark", "columns": [COLUMN], "params": [1]}, "must be an object"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_mistake_in_the_declaration_is_told(name: str) -> None:
    document, message = DECLARED[name]
    with pytest.raises(InvalidJob) as caught:
        parse_program(document, "table")
    assert message in str(caught.value)


def test_the_convention_of_kaggle_is_for_tables() -> None:
    with pytest.raises(InvalidJob) as caught:
        parse_program({"convention": "kaggle", "columns": [COLUMN]}, "raster")
    assert "program.convention" in str(caught.value)
