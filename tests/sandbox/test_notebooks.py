"""Notebooks, executed from top to bottom in real boxes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Mount, Outcome, Run, Runner, RunRequest, Stage
from sandbox.runtimes import BuiltRuntime
from tests.sandbox.makers import ROOT, make_limits

pytestmark = pytest.mark.sandbox
SLOT = 49
INSIDE = ROOT / "sandbox" / "inside"
Execute = Callable[..., Run]


def make_notebook(*cells: str, **metadata: object) -> str:
    made = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
        for n, cell in enumerate(cells)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made})


@pytest.fixture
def execute(python_geo: BuiltRuntime, runner: Runner, tmp_path: Path) -> Execute:
    def run(
        *cells: str, text: str | None = None, on_log: object = None, name: str = "main.ipynb", **limits: float
    ) -> Run:
        (tmp_path / "main.ipynb").write_text(make_notebook(*cells) if text is None else text)
        request = RunRequest(
            f"notebook-{time.monotonic_ns()}",
            Stage.PREDICT,
            ("python", "/inside/run_notebook.py", name),
            (Mount(tmp_path, "/code", "code"), Mount(INSIDE, "/inside", "library")),
            make_limits(**({"wall_seconds": 90, "cpu_seconds": 90, "memory_mib": 1500, "cpus": 2} | limits)),
            workdir="/code",
            runtime=python_geo.path,
            local_sockets=True,
        )
        return runner.run(request, slot=SLOT, on_log=on_log)  # type: ignore[arg-type]

    return run


def test_cells_are_executed_in_order_beside_their_modules_and_may_write_output(
    execute: Execute, tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text("def answer(x):\n    return x * 2\n")
    run = execute(
        "import model\nfrom pathlib import Path\nx = model.answer(21)",
        "",
        "await __import__('asyncio').sleep(0)\nPath('/output/y.csv').write_text(str(x))\nprint(x, Path.cwd())",
        "x + 1",
    )

    assert (run.outcome, run.stdout, run.stderr) == (Outcome.OK, b"42 /code\n43\n", b"")


def test_a_pixel_classifier_trains_and_predicts_in_a_notebook(execute: Execute) -> None:
    run = execute(
        "%matplotlib inline\nimport numpy as np, rasterio, matplotlib.pyplot as plt\n"
        "from rasterio.transform import from_origin\nfrom sklearn.ensemble import RandomForestClassifier",
        "rng = np.random.default_rng(3)\nhh = rng.normal(size=(32, 32)); truth = hh > 0\n"
        "model = RandomForestClassifier(10, n_jobs=2, random_state=1).fit(hh.reshape(-1, 1), truth.ravel())",
        "mask = model.predict(hh.reshape(-1, 1)).reshape(32, 32).astype('uint8')\n"
        "with rasterio.open('/output/mask.tif', 'w', driver='GTiff', height=32, width=32, count=1, dtype='uint8',\n"
        "                   crs='EPSG:32654', transform=from_origin(0, 0, 10, 10)) as file:\n    file.write(mask, 1)",
        "plt.imshow(mask); plt.show()\nprint((mask == truth).mean() > 0.95)",
    )

    assert run.outcome is Outcome.OK, run.stderr.decode()
    assert run.stdout == b"<Figure size 640x480 with 1 Axes>\nTrue\n"


def test_processes_and_threads_of_cells_work_and_are_heard_once(execute: Execute) -> None:
    run = execute(
        "from joblib import Parallel, delayed\ndef work(n):\n"
        "    print(f'loky {n}\\n', end='')  # in one write: in a box Python has no buffer, and two run at once\n"
        "    return n * n",
        "print(Parallel(n_jobs=2)(delayed(work)(n) for n in range(3)))",
        "import multiprocessing\ndef forked(n):\n    print('forked', n)\n    return -n\n"
        "with multiprocessing.Pool(2) as pool:\n    print(pool.map(forked, range(2)))",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-5])))",
        "import ctypes\nctypes.CDLL(None).puts(b'from C'); ctypes.CDLL(None).fflush(None)",
    )

    assert run.outcome is Outcome.OK, run.stderr.decode()
    words = run.stdout.decode().split()
    assert [words.count(word) for word in ("loky", "forked", "C")] == [3, 2, 1]
    assert all(line in run.stdout.decode() for line in ("[0, 1, 4]\n", "[0, -1]\n", "[5]\n"))


def test_what_cells_print_is_in_the_log_while_they_run(execute: Execute) -> None:
    heard: list[tuple[float, bytes]] = []
    run = execute(
        "import sys, time\nprint('first'); print('warning', file=sys.stderr)\ntime.sleep(2)\nprint('second')",
        on_log=lambda data: heard.append((time.monotonic(), data)),
    )

    times = {word: at for at, data in heard for word in ("first", "warning", "second") if word.encode() in data}
    assert (run.stdout, run.stderr) == (b"first\nsecond\n", b"warning\n")
    assert times["second"] - times["first"] > 1
    assert times["second"] - times["warning"] > 1


def test_an_exception_names_its_cell_and_shows_where(execute: Execute) -> None:
    run = execute("x = 1", "", "def inner():\n    return undefined\ninner()", "print('never')")

    lines = run.stderr.decode().splitlines()
    assert (run.outcome, run.exit_code, run.stdout) == (Outcome.CRASHED, 1, b"")
    assert lines[0] == "Traceback (most recent call last):"
    assert "  Cell In[2], line 2 in inner" in lines
    assert lines[-1] == "cell 2: NameError: name 'undefined' is not defined"
    assert b"\x1b" not in run.stderr


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("!pip install torch", "`pip install torch`"),
        ("%pip install torch", "`%pip install torch`"),
        ("files = !ls", "`ls`"),
        ("%%bash\nrm -rf /", "`%bash rm -rf /`"),
    ],
)
def test_a_cell_that_wants_a_shell_is_told_that_there_is_none(execute: Execute, cell: str, told: str) -> None:
    run = execute(cell)

    last = run.stderr.decode().splitlines()[-1]
    assert (run.outcome, run.exit_code) == (Outcome.CRASHED, 1)
    assert last.startswith(f"cell 1: NoShell: there is no shell in the box, so {told} was not run; the packages")


def test_a_cell_that_ends_python_is_told(execute: Execute) -> None:
    run = execute("print(1)", "import os\nos._exit(3)", "print(2)")

    assert (run.outcome, run.exit_code, run.stdout) == (Outcome.CRASHED, 1, b"1\n")
    assert run.stderr.decode().splitlines()[-1] == "cell 2: the notebook's Python ended in this cell"


def test_an_endless_cell_is_ended_by_the_limits(execute: Execute) -> None:
    run = execute("print('begun')", "while True: pass", wall_seconds=90, cpu_seconds=5)

    assert (run.outcome, run.stdout) == (Outcome.TIME, b"begun\n")


def test_a_cell_that_uses_too_much_memory_is_ended_by_the_limits(execute: Execute) -> None:
    run = execute("block = bytearray(400 << 20)\nfor i in range(0, len(block), 4096): block[i] = 1", memory_mib=256)

    assert run.outcome is Outcome.MEMORY


def test_cells_have_no_network_and_no_sight_of_other_processes(execute: Execute) -> None:
    run = execute(
        "import os, socket\n"
        "for family in (socket.AF_INET, socket.AF_INET6):\n"
        "    try: socket.socket(family)\n"
        "    except PermissionError: print('refused')\n"
        "print(os.path.exists('/proc'), os.getuid())"
    )

    assert run.stdout == b"refused\nrefused\nFalse 1000\n", run.stderr.decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("print(1)", "Expecting value"),
        ("[]", "it has no field nbformat"),
        ("[" * 100_000, "recursion"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "none"}]}', "as Jupyter writes"),
        (make_notebook("x", kernelspec={"name": "ir", "display_name": "R", "language": "R"}), "its language is R"),
    ],
)
def test_a_file_that_is_no_python_notebook_is_refused_with_the_reason(execute: Execute, text: str, told: str) -> None:
    run = execute(text=text)

    assert (run.outcome, run.exit_code, run.stdout) == (Outcome.CRASHED, 2, b"")
    assert run.stderr.decode().startswith("main.ipynb is no Python notebook: ")
    assert told in run.stderr.decode()


def test_a_notebook_that_is_not_there_is_told(execute: Execute) -> None:
    run = execute(name="other.ipynb")

    assert (run.exit_code, b"No such file" in run.stderr) == (2, True)


def test_too_few_processes_for_jupyter_are_told(execute: Execute) -> None:
    run = execute("print(1)", processes=13)

    assert (run.outcome, run.exit_code) == (Outcome.CRASHED, 1)
    assert run.stderr.decode().splitlines()[-1].startswith("the notebook's Python did not start")
