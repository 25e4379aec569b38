"""Boxes for people: `python -m sandbox run ...` runs a program as the platform would, `python -m sandbox check` says
whether the boxes of this machine hold, `python -m sandbox runtime ...` builds, lists and verifies runtimes."""

from __future__ import annotations

import argparse
import dataclasses
import json
import secrets
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sandbox import runtime_commands, seccomp
from sandbox.box import BACKENDS, make_runner, make_trusted_runner
from sandbox.check import check
from sandbox.docker import SOCKET, DockerSettings
from sandbox.kubernetes import KubernetesSettings
from sandbox.run import Finding, Limits, Mount, Outcome, Run, Runner, RunRequest, SandboxError, Severity, Stage

DEFAULTS = Limits(wall_seconds=600, cpu_seconds=600, memory_mib=2048)
INSIDE = Path(__file__).with_name("inside")
UNFIT, WRONG_USAGE, OUR_FAULT = 1, 2, 3
EXAMPLE = "python -m sandbox run --code my-program --input data --output result -- python main.py"
RUN_HELP = f"""\
example: {EXAMPLE}

The program sees its folder at /code, where it starts, the input at /input, and writes to /output; /tmp and /dev/shm are
its scratch space. It has no network. Before it starts, the boxes of this machine are tried for half a second.

exit status: 0 the program ended well; 1 it crashed, or hit a limit or a rule; 2 wrong usage; 3 our fault, or cancelled.

--json prints exactly one document, also when the program crashes or is ended, and when it is our fault:
  outcome (ok, crashed, time, memory, output, violation, ours), reason, exit_code and signal (null where there is none),
  wall_seconds, cpu_seconds, peak_memory_mib, stdout, stderr (UTF-8; other bytes are replaced), files (relative to
  --output), backend, profile_digest, runtime_digest.
Wrong usage prints no document: nothing was run; what is wrong is on stderr.
"""
CHECK_HELP = """\
Looks for what boxes need and tries whether they hold; each thing that is wrong is told with how to mend it.

exit status: 0 boxes can be made and hold (there may be warnings); 1 they cannot or do not.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Exit status: 0 the program ended well (or the machine is fit), 1 it did not, 2 wrong usage, 3 our fault."""
    arguments = _parsed(sys.argv[1:] if words is None else words)
    try:
        return int(arguments.do(arguments))
    except (ValueError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return WRONG_USAGE
    except SandboxError as error:
        if getattr(arguments, "json", False):
            _print_document(_as_ours(error))
        print(f"sandbox: {error}", file=sys.stderr)
        return OUR_FAULT


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """Whatever follows the first `--` is the command, as it is; the parser would drop a second `--` of the program."""
    split = list(words).index("--") if "--" in words else len(words)
    parser = _parser()
    arguments = parser.parse_args(words[:split])
    if arguments.verb == "run":
        arguments.argv += words[split + 1 :]
        if not arguments.argv:
            parser.error(f"say after -- what is to be run, as in: {EXAMPLE}")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    style = argparse.RawDescriptionHelpFormatter
    check_ = verbs.add_parser(
        "check",
        help="say what this machine lacks, and try whether its boxes hold",
        epilog=CHECK_HELP,
        formatter_class=style,
    )
    check_.set_defaults(do=_check)
    filter_ = verbs.add_parser("filter", help="print the filter of system calls as Docker and Kubernetes load it")
    filter_.add_argument("--local-sockets", action="store_true", help="the variant for runs that need them (Jupyter)")
    filter_.set_defaults(do=_filter)
    runtime_commands.add_to(verbs.add_parser("runtime", help="build, list or verify Python environments for programs"))
    run = verbs.add_parser(
        "run", help="run a program in a box and say what happened", epilog=RUN_HELP, formatter_class=style
    )
    for verb in (check_, run):
        _add_backend(verb)
    run.add_argument(
        "--code", type=_folder, required=True, help="folder of the program; it is /code and the place to be"
    )
    run.add_argument("--input", type=_folder, help="folder shown read-only at /input")
    run.add_argument("--output", type=_empty_place, help="where the files of /output are put; made when absent")
    run.add_argument("--venv", type=_folder, help="bubblewrap: virtual environment shown at /venv (default: this one)")
    run.add_argument("--runtime", type=_folder, help="built runtime shown at /venv instead")
    run.add_argument("--local-sockets", action="store_true", help="let its processes talk through sockets of the box")
    run.add_argument("--notebook", action="store_true", help="the command is a notebook's name; needs --runtime")
    run.add_argument("--no-cgroups", action="store_true", help="do not use control groups even if there are any")
    run.add_argument("--json", action="store_true", help="print one JSON document instead of the program's own output")
    for limit in dataclasses.fields(Limits):
        kind, default = type(getattr(DEFAULTS, limit.name)), getattr(DEFAULTS, limit.name)
        kind = float if limit.name.endswith(("seconds", "cpus")) else kind
        run.add_argument(f"--{limit.name.replace('_', '-')}", type=kind, default=default, metavar=f"{default}")
    run.add_argument("argv", nargs="*", help="after --: the command, such as python main.py")
    run.set_defaults(do=_run)
    return parser


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="bubblewrap",
        help="docker and kubernetes are tested against exchanges written after the documentation of their APIs, not "
        "against a live engine or cluster: `check` is the proof",
    )
    parser.add_argument("--image", help="docker, kubernetes: the runtime image with its digest, name@sha256:...")
    parser.add_argument("--socket", help="docker: the engine's socket", default=SOCKET)
    parser.add_argument(
        "--settings", type=Path, metavar="FILE.toml", help="kubernetes: its settings; see sandbox/kubernetes.py"
    )


def _runner(make: Callable[..., Runner], arguments: argparse.Namespace, **options: Any) -> Runner:
    if arguments.backend == "bubblewrap":
        return make(**options)
    if arguments.backend == "docker":
        return make("docker", settings=DockerSettings(arguments.image or "", arguments.socket))
    if arguments.settings is None:
        raise ValueError("kubernetes needs --settings FILE.toml")
    with arguments.settings.open("rb") as file:
        values = tomllib.load(file)
    given = {"image": arguments.image} if arguments.image else {}
    return make("kubernetes", settings=KubernetesSettings.of(values | given))


def _filter(arguments: argparse.Namespace) -> int:
    print(json.dumps(seccomp.oci_profile(local_sockets=arguments.local_sockets), indent=1))
    return 0


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no folder {text} (looked for {path.absolute()})")
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


def _empty_place(text: str) -> Path:
    path = Path(text)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise argparse.ArgumentTypeError(f"{text} is not an empty folder; nothing is overwritten")
    above = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    if not above.is_dir():
        raise argparse.ArgumentTypeError(f"{text} cannot be made: {above} is not a folder")
    return path


def _run(arguments: argparse.Namespace) -> int:
    request = _request(arguments)
    runner = _runner(make_trusted_runner, arguments, venv=arguments.venv, use_cgroups=not arguments.no_cgroups)
    cancel = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: cancel.set())
    try:
        run = runner.run(
            request,
            collect_to=arguments.output,
            cancel=cancel,
            on_log=None if arguments.json else _show,
        )
    finally:
        signal.signal(signal.SIGINT, before)
        runner.close()
    if arguments.json:
        _print_document(_as_document(run))
    else:
        _summarise(run)
    return 0 if run.ok else OUR_FAULT if run.outcome is Outcome.OURS else 1


def _request(arguments: argparse.Namespace) -> RunRequest:
    _check_script(arguments.code, arguments.argv)
    mounts = [Mount(arguments.code, "/code", "code")]
    if arguments.input:
        mounts.append(Mount(arguments.input, "/input", "input"))
    limits = Limits(**{limit.name: getattr(arguments, limit.name) for limit in dataclasses.fields(Limits)})
    name = f"by-hand-{secrets.token_hex(6)}"
    argv = tuple(arguments.argv)
    if arguments.notebook:
        mounts.append(Mount(INSIDE, "/inside", "library"))
        argv = ("python", "/inside/run_notebook.py", *argv)
    return RunRequest(
        name,
        Stage.PREDICT,
        argv,
        tuple(mounts),
        limits,
        workdir="/code",
        runtime=arguments.runtime and arguments.runtime.resolve(),
        local_sockets=arguments.local_sockets or arguments.notebook,
    )


def _check_script(code: Path, argv: Sequence[str]) -> None:
    """A script that is not there is a slip of whoever typed the command, not a crash of the program.

    Raises:
        ValueError: `python NAME.py` is to be run, and the folder has no such file.
    """
    script = argv[1] if len(argv) > 1 and Path(argv[0]).name.startswith("python") else ""
    if not script.endswith(".py") or script.startswith(("-", "/")) or (code / script).is_file():
        return
    there = ", ".join(sorted(path.name for path in code.glob("*.py"))) or "no Python file at its top"
    raise ValueError(f"--code {code} has no file {script}; it has {there}")


def _show(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _summarise(run: Run) -> None:
    used = f"{run.wall_seconds:.2f} s, {run.cpu_seconds:.2f} s of processor, {run.peak_memory_mib:.0f} MiB at most"
    print(f"{run.outcome}: {run.reason} ({used})", file=sys.stderr)
    for name in run.files:
        print(f"  /output/{name}", file=sys.stderr)


def _as_document(run: Run) -> dict[str, Any]:
    document = dataclasses.asdict(run)
    for stream in ("stdout", "stderr"):
        document[stream] = document[stream].decode(errors="replace")
    return document


def _as_ours(error: SandboxError) -> dict[str, Any]:
    """The same document for a run that there was not: every field, so that a reader need not ask which are there."""
    nothing = Run(Outcome.OURS, str(error), None, None, 0.0, 0.0, 0.0, b"", b"", (), "", "")
    return _as_document(nothing)


def _print_document(document: dict[str, Any]) -> None:
    """In UTF-8 whatever the terminal is set to: the program's log may be in any language."""
    _show(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")


def _check(arguments: argparse.Namespace) -> int:
    found = check() if arguments.backend == "bubblewrap" else []
    if not any(finding.severity is Severity.ERROR for finding in found):
        found += _tried(_runner(make_runner, arguments))
    for finding in found:
        print(f"{finding.severity}: {finding.what}\n    to mend it: {finding.mend}")
    if any(finding.severity is Severity.ERROR for finding in found):
        return UNFIT
    print("Boxes can be made here, and they hold.")
    return 0


def _tried(runner: Runner) -> list[Finding]:
    try:
        return runner.self_test()
    finally:
        runner.close()


if __name__ == "__main__":
    sys.exit(main())
