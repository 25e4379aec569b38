"""Parts of a contract of masks: class values, layers (several targets a scene), and how runs are written in a CSV."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from scoring.errors import quoted
from scoring.reading import Node

MAX_CLASSES: Final = 256
MAX_LAYERS: Final = 16
LAYER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
ORDERS: Final = ("columns", "rows")


@dataclass(frozen=True, slots=True)
class Layer:
    """One target of a scene, with classes of its own."""

    name: str
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """How a CSV of runs is written: `start length start length ...`, counted from `start` along columns or rows.

    `scene`, `runs` and `class_column` name the columns. Without `class_column` there is one row a scene, and its runs
    are the cells of the one class that is not `background`; with it, one row for each scene and class but that one.
    """

    order: str = "columns"
    start: int = 1
    scene: str = "ImageId"
    runs: str = "EncodedPixels"
    class_column: str = ""
    background: int = 0


# -- classes and layers -----------------------------------------------------------------------------------------------


def read_classes(node: Node, low: int, high: int) -> tuple[int, ...]:
    """A list of values, or an object whose keys are values."""
    if isinstance(node.value, dict):
        values = [int(key) for key in node.value if re.fullmatch(r"-?[0-9]{1,9}", str(key))]
        node = Node(values, node.where, node.problems)
    found = [value for item in node.items() if (value := item.whole(low, high)) is not None]
    if len(set(found)) != len(found):
        node.problems.add("job_twice", node.where, value="a class")
    if not 1 <= len(found) <= MAX_CLASSES:
        node.problems.add("job_range", node.where, value=len(found), expected=f"1 to {MAX_CLASSES} classes")
    return tuple(sorted(set(found)))


def read_layers(node: Node, low: int, high: int) -> tuple[Layer, ...]:
    """A list of {name, classes}, or an object: name -> {classes}. Their order is the order of the bands of a file."""
    if node.is_null:
        return ()
    named = _named(node)
    if not 1 <= len(named) <= MAX_LAYERS:
        node.wrong(f"1 to {MAX_LAYERS} layers, each with its classes")
        return ()
    layers = tuple(_layer(item, name, low, high) for name, item in named)
    names = [layer.name.casefold() for layer in layers]
    for name in sorted({name for name in names if names.count(name) > 1}):
        node.problems.add("job_twice", node.where, value=quoted(name))
    return layers


def _named(node: Node) -> list[tuple[str, Node]]:
    if isinstance(node.value, dict):
        return [(str(name), node.at(str(name))) for name in node.value]
    return [(item.need("name").text(), item) for item in node.items()]


def _layer(node: Node, name: str, low: int, high: int) -> Layer:
    if not LAYER_NAME.fullmatch(name):
        node.problems.add("job_range", node.where, value=quoted(name), expected="letters, digits, _ and -")
    return Layer(name, read_classes(node.need("classes"), low, high))


# -- runs -------------------------------------------------------------------------------------------------------------


def read_runs(node: Node, formats: tuple[str, ...], classes: tuple[int, ...]) -> Runs | None:
    """How runs are written, when the format is allowed; Kaggle's way where nothing is said."""
    if "rle" not in formats:
        if not node.is_null:
            node.problems.add("job_range", node.where, value="rle", expected="left out, as formats does not name rle")
        return None
    if not node.is_null and not isinstance(node.value, dict):
        node.wrong("an object")
        return None
    runs = Runs(
        order=node.at("order").choice(ORDERS, "columns"),
        start=_or(node.at("start").whole(0, 1, 1), 1),
        scene=node.at("scene").text("ImageId"),
        runs=node.at("runs").text("EncodedPixels"),
        class_column=node.at("class").text(),
        background=_or(node.at("background").whole(-32_768, 65_535, classes[0] if classes else 0), 0),
    )
    _check_runs(node, runs, classes)
    return runs


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _check_runs(node: Node, runs: Runs, classes: tuple[int, ...]) -> None:
    names = [name for name in (runs.scene, runs.class_column, runs.runs) if name]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9_ .-]{1,60}", name) or names.count(name) > 1:
            node.problems.add("job_range", node.where, value=quoted(name), expected="a plain column name, given once")
    if runs.background not in classes:
        allowed = [str(value) for value in classes]
        node.problems.add("job_choice", f"{node.where}.background", value=str(runs.background), allowed=allowed)
    elif not runs.class_column and len(classes) != 2:
        node.problems.add(
            "job_range", node.where, value=f"{len(classes)} classes", expected="2, or name a column with 'class'"
        )


def parts_document(layers: tuple[Layer, ...], runs: Runs | None) -> dict[str, Any]:
    """The JSON form of both; empty where there is neither."""
    document: dict[str, Any] = {}
    if layers:
        # A list, because a database may reorder the keys of an object.
        document["layers"] = [{"name": layer.name, "classes": list(layer.classes)} for layer in layers]
    if runs is not None:
        stated = asdict(runs)
        document["rle"] = {("class" if key == "class_column" else key): value for key, value in stated.items()}
    return document
