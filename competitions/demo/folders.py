"""A contest's folder: its written texts are copied from `files/`, its data are made beside them."""

import shutil
from pathlib import Path
from types import ModuleType

FILES = Path(__file__).with_name("files")


def lay_out(directory: Path, slug: str, kit: ModuleType) -> None:
    """The folder with its texts and starter kit, and empty places for data and truth. Safe to run again."""
    shutil.copytree(FILES / slug, directory, dirs_exist_ok=True)
    for name in ("data", "truth", "starting_kit"):
        (directory / name).mkdir(exist_ok=True)
    shutil.copyfile(Path(str(kit.__file__)), directory / "starting_kit" / "baseline.py")
