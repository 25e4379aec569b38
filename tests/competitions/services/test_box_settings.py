"""The environment says which back end makes the boxes; a mistake stops the worker and says what would be right."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from competitions.environment import Environment
from competitions.services import boxes

IMAGE = "registry.example/runtime@sha256:" + "0" * 64


@pytest.fixture(autouse=True)
def _no_compiling(monkeypatch) -> None:
    monkeypatch.setattr(boxes.compileall, "compile_dir", lambda *_, **__: True)


def test_docker_and_kubernetes_are_made_from_settings(settings) -> None:
    settings.SANDBOX_IMAGE = IMAGE
    settings.SANDBOX_BACKEND = "docker"
    assert boxes.make_runner().name == "docker"

    settings.SANDBOX_BACKEND = "kubernetes"
    settings.KUBERNETES = {**settings.KUBERNETES, "exchange": "/srv/exchange", "volumes": {"/srv/files": "files"}}
    assert boxes.make_runner().name == "kubernetes"


@pytest.mark.parametrize(
    ("backend", "image", "words"),
    [
        ("firejail", IMAGE, "'firejail' is unknown; there are 'bubblewrap', 'docker', 'kubernetes'"),
        ("docker", "", "must be named with its digest"),
        ("kubernetes", IMAGE, "folder '.' must be an absolute path"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(settings, backend: str, image: str, words: str) -> None:
    settings.SANDBOX_BACKEND, settings.SANDBOX_IMAGE = backend, image

    with pytest.raises(ImproperlyConfigured, match=words):
        boxes.make_runner()


def test_volumes_are_written_as_folder_and_claim() -> None:
    read = Environment({"V": "/srv/a=claim-a, /srv/b = claim-b"}).pairs("V")
    assert read == {"/srv/a": "claim-a", "/srv/b": "claim-b"}
    assert Environment({}).pairs("V") == {}
    for wrong in ("/srv/a", "=x", "/srv/a=", "/a=x,/a=y"):
        with pytest.raises(ImproperlyConfigured, match="is no new key=value"):
            Environment({"V": wrong}).pairs("V")
