"""The program: python -m scoring truth | normalise | score | reproduce | check | probes | metrics | compare | JOB.json.

Exit status: 0 done; 1 the prediction is not valid (check and JOB.json only: normalise says so in its report);
2 contract, metrics, truth or job make no sense; 3 the cells between normalise and score broke off; anything else is
a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

if __name__ == "__main__":
    gc.set_threshold(200_000)  # what imports make is looked through again and again otherwise, and nothing is found

from scoring.contract import Contract, parse_contract
from scoring.errors import BrokenStream, InvalidInput, InvalidJob, InvalidPrediction, Problems
from scoring.reading import load_json

if TYPE_CHECKING:
    from scoring.job import Job

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing here multiplies matrices; threads only cost start-up

PIPE_BYTES = 1024 * 1024
INVALID, BAD_JOB, BROKEN = 1, 2, 3
COMMANDS = ("truth", "normalise", "unpack", "join", "score", "check", "probes", "metrics", "compare", "reproduce")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] not in COMMANDS and not given[0].startswith("-"):
        given.insert(0, "job")
    options = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except InvalidJob as error:
        return _tell_bad_job(error, options)
    except BrokenStream as error:
        print(f"broken stream: {error}", file=sys.stderr)
        return BROKEN
    except BrokenPipeError:
        print("the reader of the cells went away", file=sys.stderr)
        os._exit(BROKEN)  # the interpreter would try to flush the same pipe again


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Score predictions against a truth.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    truth = _command(commands, "truth", _truth, "normalise a truth", "spec", "input", "output")
    truth.add_argument("--report", type=Path)
    read = _command(commands, "normalise", _normalise, "file -> cells on stdout", "contract", "input", "report")
    read.add_argument("--name", help="what the contestant called the file; it decides nothing")
    score = _command(commands, "score", _score, "cells on stdin -> result", "contract", "truth", "metrics", "output")
    _add_program_options(score)
    unpack = _command(commands, "unpack", _unpack, "an uploaded program -> plain files", "input", "output")
    unpack.add_argument("--name", required=True, help="what the contestant called the file")
    unpack.add_argument("--accepts", required=True, help="zip, script, notebook: which of them, with commas between")
    unpack.add_argument("--max-mib", type=int, required=True)
    _command(commands, "join", _join, "the tables of time steps -> one table", "input", "output")
    again = _command(commands, "reproduce", _reproduce, "are the cells of two runs the same?", "contract", "tolerance")
    for path in ("first", "second", "output"):
        again.add_argument(f"--{path}", type=Path, required=True)
    check = commands.add_parser("check", help="would this file be accepted?")
    check.add_argument("contract", type=Path)
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)
    probes = _command(
        commands, "probes", _probes, "submissions made of the truth", "contract", "metrics", "truth", "output"
    )
    probes.add_argument("--seed", type=int, default=1, help="of the random ones")
    probes.add_argument("--downloads", type=Path, help="files that must not hold the answers, and their plan.json")
    compare = _command(commands, "compare", _compare, "is a difference more than noise?", "contract", "metrics")
    compare.add_argument("first", type=Path, help="a result.json")
    compare.add_argument("second", type=Path, help="another of the same truth")
    compare.add_argument("--json", action="store_true")
    metrics = commands.add_parser("metrics", help="the metrics that a contest can choose from")
    metrics.add_argument("name", nargs="?", help="only this one")
    metrics.add_argument("--json", action="store_true")
    metrics.set_defaults(run=_metrics)
    job = commands.add_parser("job", help="python -m scoring JOB.json: score on your own machine")
    job.add_argument("job", type=Path)
    job.set_defaults(run=_job)
    return parser


def _add_program_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", type=Path, help="the organiser's own metric, a Python file")
    parser.add_argument("--program-spec", type=Path, help="how it is called, JSON")
    parser.add_argument("--program-memory-mib", type=int, help="its limit of memory")
    parser.add_argument("--program-proof", action="store_true", help="no call of it may fail, intervals included")
    parser.add_argument("--from-truth", action="store_true", help="score the truth itself, not the cells on stdin")


def _command(
    commands: Any, command: str, run: Callable[[argparse.Namespace], int], text: str, *paths: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(command, help=text)
    for path in paths:
        parser.add_argument(f"--{path}", type=Path, required=True)
    parser.set_defaults(run=run)
    return parser


def _metrics(options: argparse.Namespace) -> int:
    from scoring import listing

    found = listing.chosen(options.name)
    document = [listing.described(metric) for metric in found]
    print(json.dumps(document, indent=1, ensure_ascii=False) if options.json else "\n".join(listing.lines(found)))
    return 0


def _compare(options: argparse.Namespace) -> int:
    from scoring import comparing

    first, second = load_json(options.first, "first"), load_json(options.second, "second")
    metrics = load_json(options.metrics, "metrics")
    found = comparing.compared(first, second, _contract(options.contract), metrics)
    print(json.dumps(found, indent=1) if options.json else "\n".join(comparing.lines(found)))
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from scoring.reproducing import parse_tolerance, reproduction

    contract, tolerance = _contract(options.contract), parse_tolerance(load_json(options.tolerance, "tolerance"))
    with options.first.open("rb") as first, options.second.open("rb") as second:
        _write_json(options.output, reproduction(first, second, contract, tolerance))
    return 0


def _tell_bad_job(error: InvalidInput, options: argparse.Namespace) -> int:
    """Problems of the organiser, for people on standard error and for programs in the report."""
    print(error, file=sys.stderr)
    report = getattr(options, "report", None)
    if report is not None:
        _write_json(report, _refusal(error))
    # Of a truth, the report is the answer: a box keeps files only of a program that ends well.
    return 0 if options.run is _truth and report is not None else BAD_JOB


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _contract(path: Path) -> Contract:
    return parse_contract(load_json(path, "contract"))


# -- commands ---------------------------------------------------------------------------------------------------------
# Each imports what it needs and no more: starting is most of the cost of an ordinary submission.


def _truth(options: argparse.Namespace) -> int:
    from scoring.publish import publish, read_spec

    options.output.mkdir(parents=True, exist_ok=True)
    contract, spec, metrics = read_spec(load_json(options.spec, "spec"))
    publish(contract, spec, metrics, options.input, options.output, near=[options.spec.parent])
    if options.report is not None:
        _write_json(options.report, {"status": "ok", "problems": [], "total": 0})
    return 0


def _normalise(options: argparse.Namespace) -> int:
    from scoring.normalise import normalise

    contract = _contract(options.contract)
    with open(1, "wb", buffering=0, closefd=False) as stream:
        _widen(stream)
        problems = normalise(options.input, contract, stream)
    _write_json(options.report, problems.report())
    return 0


def _unpack(options: argparse.Namespace) -> int:
    from scoring.unpacking import unpack

    report: dict[str, Any] = {"status": "ok", "problems": [], "total": 0}
    try:
        max_bytes = options.max_mib << 20
        report["entry"] = unpack(
            options.input, options.name, options.accepts.split(","), options.output, max_bytes=max_bytes
        )
    except InvalidPrediction as error:
        report = _refusal(error)
    _write_json(options.output / "report.json", report)
    return 0


def _join(options: argparse.Namespace) -> int:
    from scoring.joining import join_tables

    report: dict[str, Any] = {"status": "ok", "problems": [], "total": 0}
    try:
        join_tables(sorted(options.input.iterdir()), options.output / "prediction.csv")
    except InvalidPrediction as error:
        report = _refusal(error)
    _write_json(options.output / "report.json", report)
    return 0


def _refusal(error: InvalidInput) -> dict[str, Any]:
    return {"status": "invalid", "problems": [one.as_dict() for one in error.problems], "total": error.total}


def _score(options: argparse.Namespace) -> int:
    from scoring.job import parse_metrics
    from scoring.score import score

    contract = _contract(options.contract)
    metrics = parse_metrics(load_json(options.metrics, "metrics"), contract)
    if options.program is not None:
        result = _score_by_program(contract, metrics, options)
    else:
        with _cells(options, contract) as stream:
            result = score(stream, contract, options.truth, metrics)
    _write_json(options.output, result)
    return 0


@contextlib.contextmanager
def _cells(options: argparse.Namespace, contract: Contract) -> Iterator[BinaryIO]:
    if options.from_truth:
        from scoring.program_proof import truth_as_prediction

        with truth_as_prediction(contract, options.truth) as stream:
            yield stream
        return
    with open(0, "rb", buffering=0, closefd=False) as stream:
        _widen(stream)
        yield stream


def _score_by_program(contract: Contract, metrics: Any, options: argparse.Namespace) -> dict[str, Any]:
    from scoring.program import Program, ProgramFault, parse_program
    from scoring.program_score import fault_result, score_with_program

    spec = parse_program(load_json(options.program_spec, "program"), contract.kind)
    program = Program(options.program, spec)
    limits = {"memory_mib": options.program_memory_mib, "is_proof": options.program_proof}
    try:
        with _cells(options, contract) as stream:
            return score_with_program(stream, contract, options.truth, metrics, program, **limits)
    except ProgramFault as fault:
        return fault_result(fault)


def _probes(options: argparse.Namespace) -> int:
    from scoring.probes.making import make

    options.output.mkdir(parents=True, exist_ok=True)
    places = (options.contract, options.metrics, options.truth, options.output)
    make(*places, seed=options.seed, downloads=options.downloads)
    return 0


def _widen(stream: BinaryIO) -> None:
    """A larger pipe lets both sides run on; refused or not a pipe, it works all the same."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _check(options: argparse.Namespace) -> int:
    from scoring.normalise import normalise

    if not options.file.is_file():
        print(f"there is no file {options.file}", file=sys.stderr)
        return BAD_JOB
    return _tell(normalise(options.file, _contract(options.contract), None))


def _tell(problems: Problems) -> int:
    for problem in problems:
        print(problem.message)
    shown = len(list(problems))
    if problems.total > shown:
        print(f"... and {problems.total - shown} more.")
    if not problems:
        print("The file is valid.")
    return INVALID if problems else 0


def _job(options: argparse.Namespace) -> int:
    import tempfile

    from scoring.job import parse_job
    from scoring.publish import publish

    job = parse_job(load_json(options.job, "job"), options.job.parent)
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        contract, truth = job.contract, job.truth_dir
        if job.truth_spec is not None and job.truth_files is not None:
            truth = Path(folder)
            near = [options.job.parent]
            contract = publish(contract, job.truth_spec, job.metrics, job.truth_files, truth, near=near)
        return _score_at_home(job, contract, truth or Path(folder))


def _score_at_home(job: Job, contract: Contract, truth: Path) -> int:
    from scoring.job import parse_metrics

    metrics = parse_metrics(job.metrics, contract)
    problems, result = _joined(job, contract, truth, metrics)
    if problems or result is None:
        return _tell(problems)
    _write_json(job.output, result)
    if result["status"] == "fault":
        print(result["program"]["log"] + result["program"]["reason"], file=sys.stderr)
        return BAD_JOB
    if result["status"] != "ok":
        for problem in result["problems"]:
            print(problem["message"])
        return INVALID
    for key, sides in result["metrics"].items():
        print(key, " ".join(f"{side}={'-' if value is None else repr(value)}" for side, value in sides.items()))
    return 0


def _joined(job: Job, contract: Contract, truth: Path, metrics: Any) -> tuple[Problems, dict[str, Any] | None]:
    """Normalise and score side by side in one process, joined by a pipe as in the boxes."""
    import threading

    from scoring.normalise import normalise

    reading, writing = os.pipe()
    ends: list[Problems | BaseException] = []

    def write() -> None:
        try:
            with open(writing, "wb", buffering=0) as stream:  # noqa: PTH123  (a descriptor)
                ends.append(normalise(job.prediction, contract, stream))
        except BaseException as error:  # handed to the thread that waits
            ends.append(error)

    thread = threading.Thread(target=write, name="normalise")
    thread.start()
    result: dict[str, Any] | None = None
    broken: BrokenStream | None = None
    try:
        with open(reading, "rb", buffering=0) as stream:  # noqa: PTH123  (a descriptor)
            result = _score_stream(stream, job, contract, truth, metrics)
    except BrokenStream as error:
        broken = error
    finally:
        thread.join()
    end = ends[0]
    if isinstance(end, BaseException):
        raise end
    if broken is not None and not end:
        raise broken
    return end, result


def _score_stream(stream: BinaryIO, job: Job, contract: Contract, truth: Path, metrics: Any) -> dict[str, Any]:
    if job.program is not None:
        from scoring.program_score import score_with_program

        return score_with_program(stream, contract, truth, metrics, job.program)
    from scoring.score import score

    return score(stream, contract, truth, metrics)


def _leave(status: int) -> NoReturn:
    """End at once: taking numpy and GDAL apart costs as much as half of loading them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _leave(main())
