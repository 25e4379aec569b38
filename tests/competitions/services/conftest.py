"""What services and the pages beside them are tested with."""

from tests.competitions.pages.conftest import compiled_catalogue, contestants, nobody, organisers, rivals, url

__all__ = ["compiled_catalogue", "contestants", "nobody", "organisers", "rivals", "url"]
