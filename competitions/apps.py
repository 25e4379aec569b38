"""The one Django app."""

from django.apps import AppConfig


class CompetitionsConfig(AppConfig):
    name = "competitions"
    verbose_name = "Tidemark"

    def ready(self) -> None:
        import competitions.celery  # noqa: F401  (the web process needs the configured app to send wake-ups)
