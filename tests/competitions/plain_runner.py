"""A runner without boxes that runs the platform's own programs as plain processes of this checkout."""

from dataclasses import replace
from typing import Any

from django.conf import settings

from sandbox import Run, RunRequest
from sandbox.fake import FakeRunner


class PlainRunner(FakeRunner):
    def run(self, request: RunRequest, **options: Any) -> Run:
        """The library lies in the checkout, not at the place where boxes have it."""
        checkout = f"/{settings.BASE_DIR}"  # two slashes: a checkout below /tmp is not the /tmp of a box
        return super().run(replace(request, env={**request.env, "PYTHONPATH": checkout}), **options)
