"""The site's settings with what tests must not share: state folder, cache, broker, slow password hashes."""

import os
import tempfile

os.environ["TIDEMARK_HOME"] = tempfile.mkdtemp(prefix="tidemark-tests-")
os.environ.setdefault("TIDEMARK_LOG_LEVEL", "WARNING")

from competitions.settings import *  # noqa: F403

CACHES = {"default": {"BACKEND": "tests.json_cache.JsonCache"}}
CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHECK_START_SECONDS = 0  # no worker runs beside the tests: whoever waits for one is told so at once
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
