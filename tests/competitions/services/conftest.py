"""What services and the pages beside them are tested with."""

from tests.competitions.pages.conftest import contestants, nobody, organisers, rivals, url

__all__ = ["contestants", "nobody", "organisers", "rivals", "url"]
