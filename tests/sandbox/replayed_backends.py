"""The three back ends as tests see them: bubblewrap for real, Docker and Kubernetes replayed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sandbox
from sandbox import DockerSettings, KubernetesSettings, Runner
from tests.sandbox.replay import Replay, Serving

IMAGE = "registry.example/tidemark-runtime@sha256:" + "0" * 64
SLOT = 40


@dataclass
class Backend:
    """One back end. A scenario is what the replayed server does; a real box runs the program that is given beside."""

    name: str
    folder: Path
    replay: Replay = field(default_factory=lambda: Replay([]))

    @property
    def is_replayed(self) -> bool:
        return self.name != "bubblewrap"

    @contextmanager
    def runner(self, scenario: str, **settings: Any) -> Iterator[Runner]:
        """A runner whose server has that scenario before it; at the end everything asked must have been expected."""
        if not self.is_replayed:
            made = sandbox.make_runner()
            yield made
            made.close()
            return
        opened = self._docker if self.name == "docker" else self._kubernetes
        with opened(scenario, settings) as made:
            yield made
            made.close()
        assert self.replay.unexpected == []

    @contextmanager
    def _docker(self, scenario: str, settings: dict[str, Any]) -> Iterator[Runner]:
        self.replay = Replay.of("docker", scenario)
        with tempfile.TemporaryDirectory() as name:  # a socket's path must be short
            path = Path(name) / "docker.sock"
            with Serving(self.replay, path):
                yield sandbox.make_runner("docker", settings=DockerSettings(IMAGE, str(path), **settings))

    @contextmanager
    def _kubernetes(self, scenario: str, settings: dict[str, Any]) -> Iterator[Runner]:
        exchange = self.folder / "exchange"
        exchange.mkdir(exist_ok=True)
        token = self.folder / "token"
        token.write_text("a-token\n")
        self.replay = Replay.of("kubernetes", scenario, exchange)
        serving = Serving(self.replay)
        values = {"server": serving.url, "token_file": token, "volumes": {self.folder: "tidemark-files"}} | settings
        with serving:
            yield sandbox.make_runner("kubernetes", settings=KubernetesSettings(IMAGE, exchange, **values))


def make_runtime(root: Path) -> Path:
    """The folder of a built runtime, as far as a runner looks at it."""
    folder = root / ("ab" * 32)
    (folder / "lib").mkdir(parents=True)
    texts = ("name", "version", "title", "python", "platform", "definition", "built_at")
    told = dict.fromkeys(texts, "x") | {"packages": {}, "digest": folder.name}
    (folder / "runtime.json").write_text(json.dumps(told))
    return folder
