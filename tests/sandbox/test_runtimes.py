"""Runtimes: built from a lock, never changed, told apart by what is in them."""

from __future__ import annotations

import json
import re
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Outcome, Run, Runner, SandboxError, runtimes
from sandbox.__main__ import main
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.fake import FakeRunner
from sandbox.runtime_build import Installer, build
from sandbox.runtimes import BuiltRuntime
from tests.sandbox.makers import make_limits, make_request
from tests.sandbox.wheels import make_definition, make_wheel, offline_installer

SLOT = 48
FAILS = Installer(("/bin/false",))


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    (tmp_path / "wheels").mkdir()
    return offline_installer(tmp_path / "wheels", monkeypatch)


@pytest.fixture
def built(tmp_path: Path, installer: Installer) -> BuiltRuntime:
    wheel = make_wheel(tmp_path / "wheels", "tiny", "1.2")
    return build(make_definition(tmp_path / "definition", wheel), tmp_path / "root", installer=installer)


def test_a_runtime_says_what_it_is_and_is_what_it_says(built: BuiltRuntime) -> None:
    assert (built.name, built.version, built.title) == ("tiny-runtime", "1.0", "A tiny runtime")
    assert built.python == "{}.{}.{}".format(*sys.version_info[:3])
    assert built.packages == {"tiny": "1.2"}
    assert built.path.name == built.digest
    assert runtimes.load(built.path) == built
    assert runtimes.verify(built.path) == []
    assert runtimes.installed(built.path.parent) == [built]
    assert runtimes.newest(built.path.parent, "tiny-runtime") == built
    assert runtimes.newest(built.path.parent, "other") is None


def test_nothing_in_it_can_be_written_to_and_everybody_may_read_it(built: BuiltRuntime) -> None:
    modes = {path: path.lstat().st_mode for path in (built.path, *built.path.rglob("*"))}

    folders = {stat.S_IMODE(mode) for mode in modes.values() if stat.S_ISDIR(mode)}
    files = {stat.S_IMODE(mode) for mode in modes.values() if stat.S_ISREG(mode)}
    links = [path.name for path, mode in modes.items() if stat.S_ISLNK(mode)]
    assert (folders, files, links) == ({0o555}, {0o444}, ["python"])


def test_it_holds_packages_and_byte_code_and_no_commands(built: BuiltRuntime) -> None:
    site = next(built.path.glob("lib/python3.*/site-packages"))

    assert sorted(path.name for path in built.path.iterdir()) == ["bin", "lib", "pyvenv.cfg", "runtime.json"]
    assert [path.name for path in (built.path / "bin").iterdir()] == ["python"]
    (code,) = (site / "__pycache__").glob("tiny.*.pyc")
    assert code.read_bytes()[4:8] == b"\x01\0\0\0"  # not checked against the source
    assert b"/venv/lib/" in code.read_bytes()
    assert str(built.path.parent).encode() not in code.read_bytes()
    assert ".." not in next(site.glob("tiny-*.dist-info/RECORD")).read_text()


def test_the_same_lock_gives_the_same_digest_and_another_byte_another(tmp_path: Path, installer: Installer) -> None:
    wheel = make_wheel(tmp_path / "wheels", "tiny", "1.2")
    definition = make_definition(tmp_path / "definition", wheel)
    first, again = (build(definition, tmp_path / root, installer=installer) for root in ("one", "two"))
    wheel = make_wheel(tmp_path / "wheels", "tiny", "1.3", number=2)
    other = build(make_definition(tmp_path / "definition", wheel), tmp_path / "one", installer=installer)

    assert first.digest == again.digest != other.digest
    assert {runtime.digest for runtime in runtimes.installed(tmp_path / "one")} == {first.digest, other.digest}


def test_what_is_built_already_is_not_built_again(built: BuiltRuntime, tmp_path: Path) -> None:
    assert build(tmp_path / "definition", tmp_path / "root", installer=FAILS) == built


def test_builds_at_once_do_not_disturb_each_other(tmp_path: Path, installer: Installer) -> None:
    definition = make_definition(tmp_path / "definition", make_wheel(tmp_path / "wheels", "tiny", "1.2"))
    results: list[BuiltRuntime] = []
    threads = [
        threading.Thread(target=lambda: results.append(build(definition, tmp_path / "root", installer=installer)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({runtime.digest for runtime in results}) == 1
    assert len(results) == 3


def _change(site: Path) -> None:
    path = site / "tiny.py"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("1", "2"))
    path.chmod(0o444)


def _change_code(site: Path) -> None:
    (path,) = (site / "__pycache__").glob("tiny.*.pyc")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    path.chmod(0o444)


def _add(site: Path) -> None:
    site.chmod(0o755)
    (site / "sitecustomize.py").write_text("import os")
    (site / "sitecustomize.py").chmod(0o444)
    site.chmod(0o555)


def _drop(site: Path) -> None:
    site.chmod(0o755)
    (site / "tiny.py").unlink()
    site.chmod(0o555)


def _pretend(site: Path) -> None:
    path = site.parents[2] / "runtime.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"tiny": "1.2"', '"tiny": "9.9"'))


@pytest.mark.parametrize("tamper", [_change, _change_code, _add, _drop, _pretend])
def test_a_runtime_that_was_changed_is_found_out(built: BuiltRuntime, tamper: Callable[[Path], None]) -> None:
    tamper(next(built.path.glob("lib/python3.*/site-packages")))

    assert any("is not what was built" in finding.what for finding in runtimes.verify(built.path))


def test_a_runtime_that_could_be_changed_is_found_out(built: BuiltRuntime) -> None:
    next(built.path.glob("lib/**/tiny.py")).chmod(0o644)
    built.path.chmod(0o755)
    (built.path / "notes").write_text("")

    told = [finding.what for finding in runtimes.verify(built.path)]

    assert len(told) == 2
    assert "tiny.py can be written to (mode 0644)" in told[1]
    assert "notes does not belong to the runtime" in told[0]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, installer: Installer) -> None:
    definition = make_definition(tmp_path / "definition", make_wheel(tmp_path / "wheels", "tiny", "1.2"))

    with pytest.raises(SandboxError, match="could not be installed"):
        build(definition, tmp_path / "root", installer=FAILS)

    assert [path.name for path in (tmp_path / "root").iterdir()] == [".lock"]


def test_a_build_that_died_is_no_runtime_and_is_cleared_away(built: BuiltRuntime, tmp_path: Path) -> None:
    half = built.path.with_name(".building-0123456789abcdef")
    built.path.rename(half)
    assert runtimes.installed(tmp_path / "root") == []
    with pytest.raises(SandboxError):
        build(tmp_path / "definition", tmp_path / "root", installer=FAILS)

    assert not half.exists()


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path, installer: Installer) -> None:
    make_wheel(tmp_path / "wheels", "tiny", "1.2")
    lock = f"tiny==1.2 --hash=sha256:{'0' * 64}\n"
    definition = make_definition(tmp_path / "definition", lock=lock)

    with pytest.raises(SandboxError, match=r"(?s)requirements.txt could not be installed:.*[Hh]ash"):
        build(definition, tmp_path / "root", installer=installer)


def test_a_lock_without_hashes_is_refused(tmp_path: Path, installer: Installer) -> None:
    make_wheel(tmp_path / "wheels", "tiny", "1.2")
    definition = make_definition(tmp_path / "definition", lock="tiny==1.2\n")

    with pytest.raises(SandboxError, match=r"(?s)could not be installed:.*hash"):
        build(definition, tmp_path / "root", installer=installer)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Tiny Runtime"}, "name is 'Tiny Runtime'"),
        ({"version": "new"}, "version is 'new'"),
        ({"python": "3"}, "python is '3'"),
        ({"toml": "shell = true"}, "unknown field 'shell'"),
        ({"toml": "wheels = 7"}, "wheels is 7; it must be a list"),
        ({"toml": "name ="}, "runtime.toml: "),
        ({"lock": "PSUtil==7.0 --hash=sha256:00\n"}, "names psutil, with which joblib's processes die in a box"),
    ],
)
def test_a_wrong_definition_is_told_apart(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    definition = make_definition(tmp_path / "definition", **changes)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=re.escape(reason)):
        build(definition, tmp_path / "root", installer=FAILS)


def test_a_definition_without_a_lock_is_refused(tmp_path: Path) -> None:
    definition = make_definition(tmp_path / "definition")
    (definition / "requirements.txt").unlink()

    with pytest.raises(ValueError, match=r"requirements.txt: No such file"):
        build(definition, tmp_path / "root", installer=FAILS)


def test_an_interpreter_that_is_too_old_or_no_interpreter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"needs 3.99 or newer"):
        build(make_definition(tmp_path / "definition", python="3.99"), tmp_path / "root", installer=FAILS)
    with pytest.raises(SandboxError, match="no working Python"):
        build(make_definition(tmp_path / "two"), tmp_path / "root", installer=FAILS, python=Path("/bin/false"))


def test_a_wheel_that_no_index_has_is_taken_from_the_operator_s_folder(tmp_path: Path, installer: Installer) -> None:
    (tmp_path / "given").mkdir()
    definition = make_definition(tmp_path / "definition", make_wheel(tmp_path / "wheels", "tiny", "1.2"))
    (definition / "runtime.toml").write_text((definition / "runtime.toml").read_text() + 'wheels = ["huge"]\n')

    with pytest.raises(ValueError, match="needs a wheel of huge that no index has"):
        build(definition, tmp_path / "root", installer=installer)
    with pytest.raises(ValueError, match=r"must hold one wheel of huge .* there is none"):
        build(definition, tmp_path / "root", installer=installer, wheels=tmp_path / "given")
    make_wheel(tmp_path / "given", "huge", "2.0+cpu")
    first = build(definition, tmp_path / "root", installer=installer, wheels=tmp_path / "given")
    again = build(definition, tmp_path / "root", installer=FAILS, wheels=tmp_path / "given")
    make_wheel(tmp_path / "given", "huge", "2.0+cpu", number=2)
    other = build(definition, tmp_path / "root", installer=installer, wheels=tmp_path / "given")

    assert first.packages == {"huge": "2.0+cpu", "tiny": "1.2"}
    assert first == again
    assert first.digest != other.digest


def test_a_folder_that_is_no_runtime_is_told(built: BuiltRuntime, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SandboxError, match="empty is no built runtime"):
        runtimes.load(tmp_path / "empty")
    moved = built.path.rename(built.path.with_name("f" * 64))
    with pytest.raises(SandboxError, match=f"should be named after its digest, {built.digest}"):
        runtimes.load(moved)
    assert runtimes.installed(tmp_path / "nowhere") == []


def test_an_operator_builds_lists_and_verifies_on_the_command_line(
    tmp_path: Path, installer: Installer, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = str(make_definition(tmp_path / "definition", make_wheel(tmp_path / "wheels", "tiny", "1.2")))
    root = str(tmp_path / "root")

    made = main(["runtime", "build", definition, "--into", root, "--installer", installer.words[0]])
    path = Path(capsys.readouterr().out.strip())
    listed = main(["runtime", "list", root, "--packages"])
    lines = capsys.readouterr().out.splitlines()
    good = main(["runtime", "verify", root])
    next(path.glob("lib/**/tiny.py")).chmod(0o666)
    bad = main(["runtime", "verify", root])
    missing = main(["runtime", "build", str(tmp_path / "no"), "--into", root])

    assert (made, listed, good, bad, missing) == (0, 0, 0, 1, 2)
    assert lines[0].startswith("tiny-runtime 1.0  Python 3.")
    assert lines[0].endswith(path.name)
    assert lines[1] == "    tiny 1.2"
    assert "can be written to" in capsys.readouterr().out


def test_the_fake_tells_which_runtime_was_asked_for(built: BuiltRuntime) -> None:
    run = FakeRunner().run(make_request("print(1)", runtime=built.path))

    assert (run.outcome, run.runtime_digest) == (Outcome.OK, built.digest)


@pytest.mark.sandbox
def test_a_program_runs_in_its_runtime_and_cannot_change_it(built: BuiltRuntime) -> None:
    code = """
        import errno, importlib.util, os, tiny
        print(tiny.value, tiny.where(), importlib.util.find_spec("numpy"))
        for path in ("/venv/x", "/venv/lib/x", os.path.dirname(tiny.__file__) + "/x", tiny.__file__):
            try: open(path, "w")
            except OSError as error: print(errno.errorcode[error.errno])
    """
    runner = BubblewrapRunner()
    run = runner.run(make_request(code, runtime=built.path), slot=SLOT)
    own = runner.run(make_request("import numpy, sys; print(sys.prefix)"), slot=SLOT)
    runner.close()

    version = "python{}.{}".format(*sys.version_info[:2])
    first, *refused = run.stdout.decode().splitlines()
    assert first == f"1 /venv/lib/{version}/site-packages/tiny.py None", run.stderr.decode()
    assert len(refused) == 4
    assert set(refused) <= {"EROFS", "EACCES"}
    assert (run.runtime_digest, own.runtime_digest, own.stdout) == (built.digest, "", b"/venv\n")


@pytest.mark.sandbox
def test_a_runtime_that_is_not_there_is_our_fault(tmp_path: Path) -> None:
    runner = BubblewrapRunner()
    with pytest.raises(SandboxError, match="is no built runtime"):
        runner.run(make_request("pass", runtime=tmp_path / "gone"), slot=SLOT)
    runner.close()


# ---- python-geo, as set-up builds it --------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_python_geo_has_the_exact_versions_that_it_tells(python_geo: BuiltRuntime, runner: Runner) -> None:
    code = """
        import importlib.metadata, json, re
        print(json.dumps({re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
                          for found in importlib.metadata.distributions()}))
    """
    run = runner.run(make_request(code, runtime=python_geo.path, limits=make_limits(wall_seconds=60)), slot=SLOT)

    assert json.loads(run.stdout) == python_geo.packages
    wanted = {"numpy", "scipy", "pandas", "scikit-learn", "scikit-image", "rasterio", "xgboost-cpu", "nbclient"}
    assert wanted <= python_geo.packages.keys()
    assert "psutil" not in python_geo.packages
    assert "pip" not in python_geo.packages


@pytest.mark.sandbox
def test_models_are_trained_and_rasters_written_in_python_geo(python_geo: BuiltRuntime, runner: Runner) -> None:
    run = _in_python_geo(
        python_geo,
        runner,
        """
        import numpy as np, pandas as pd, rasterio, skimage.filters, xgboost
        from rasterio.transform import from_origin
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        rng = np.random.default_rng(7)
        x = rng.normal(size=(400, 4)); y = (x[:, 0] + x[:, 1] > 0).astype(int)
        for model in (RandomForestClassifier(20, n_jobs=2, random_state=1), HistGradientBoostingClassifier(max_iter=20),
                      xgboost.XGBClassifier(n_estimators=20, n_jobs=2)):
            assert model.fit(x[:300], y[:300]).score(x[300:], y[300:]) > 0.8, model
        image = skimage.filters.gaussian(rng.normal(size=(64, 64)))
        with rasterio.open("/output/mask.tif", "w", driver="GTiff", height=64, width=64, count=1, dtype="uint8",
                           crs="EPSG:32654", transform=from_origin(0, 0, 10, 10)) as file:
            file.write((image > 0).astype("uint8"), 1)
        print(pd.DataFrame({"a": [1, 2]}).a.sum())
        """,
    )

    assert (run.outcome, run.stdout) == (Outcome.OK, b"3\n"), run.stderr.decode()


@pytest.mark.sandbox
def test_joblib_s_processes_and_threads_work_in_python_geo(python_geo: BuiltRuntime, runner: Runner) -> None:
    run = _in_python_geo(
        python_geo,
        runner,
        """
        import os, time
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from joblib import Parallel, delayed
        def work(number):
            time.sleep(0.2)
            return os.getpid(), number * number
        done = Parallel(n_jobs=2)(delayed(work)(number) for number in range(6))
        print([square for _, square in done], len({pid for pid, _ in done} - {os.getpid()}))
        with ThreadPoolExecutor(4) as pool: print(list(pool.map(abs, [-1, -2])))
        with ProcessPoolExecutor(2) as pool: print(list(pool.map(abs, [-3, -4])))
        """,
    )

    assert run.stdout == b"[0, 1, 4, 9, 16, 25] 2\n[1, 2]\n[3, 4]\n", run.stderr.decode()


@pytest.mark.sandbox
@pytest.mark.slow
def test_python_geo_is_still_what_was_built(python_geo: BuiltRuntime) -> None:
    assert runtimes.verify(python_geo.path) == []


def _in_python_geo(python_geo: BuiltRuntime, runner: Runner, code: str) -> Run:
    limits = make_limits(wall_seconds=120, cpu_seconds=120, memory_mib=1500, cpus=2, shm_mib=64)
    return runner.run(make_request(code, runtime=python_geo.path, limits=limits), slot=SLOT)
