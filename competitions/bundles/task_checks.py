"""Do contract, truth and files of a task fit together, as far as names tell? The box looks into the truth later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from competitions.bundles.checks import repeated
from competitions.bundles.folder import BadPath, Folder, walk
from competitions.bundles.problems import Problem, did_you_mean, listed
from competitions.bundles.sections import Section
from competitions.programs import ACCEPTED
from scoring.planes import split_stem
from scoring.program import MAX_PROGRAM_BYTES

RASTER_ENDINGS: Final = (".tif", ".tiff", ".png")
LINE_ENDINGS: Final = (".json", ".geojson", ".csv")
GRID_ENDINGS: Final = (".nc", ".npy", ".npz", ".tif", ".tiff", ".zip")
SAMPLE_ENDINGS: Final = {
    "raster": (".tif", ".tiff", ".png", ".zip"),
    "table": (".csv",),
    "grid": GRID_ENDINGS,
    "lines": LINE_ENDINGS,
    "detections": (".csv",),
}
FORMAT_ENDINGS: Final = {
    "jpeg": (".jpg", ".jpeg"),
    "npy": (".npy",),
    "npz": (".npz",),
    "netcdf": (".nc", ".nc4", ".h5", ".hdf5"),
    "rle": (".csv",),
    "tsv": (".tsv",),
    "parquet": (".parquet",),
}
NO_COLUMNS: Final[dict[str, str | Promise]] = {
    "raster": gettext_lazy("masks have no columns; split by scene, list, hash or none"),
    "grid": gettext_lazy("grids have no columns; split by scene, list, hash or none"),
    "lines": gettext_lazy("lines have no columns; split by scene, list, hash or none"),
    "detections": gettext_lazy("detections have no columns; split by scene, list, hash or none"),
}

Identity = tuple[int, int]


def task_problems(task: Section, folder: Folder) -> Iterator[Problem]:
    yield from _contract_problems(task.at("submission"))
    yield from _truth_problems(task, folder)
    yield from repeated(task.items("metrics"), "key")
    yield from _sample_problems(task, folder)
    yield from _program_problems(task, folder)
    if task.text("starting_kit"):
        yield from _path_problems(task.at("starting_kit"), folder, is_folder=True)


def _path_problems(part: Section, folder: Folder, *, is_folder: bool) -> Iterator[Problem]:
    try:
        folder.folder(part.value) if is_folder else folder.file(part.value)
    except BadPath as error:
        yield part.problem(str(error))


# -- the contract -----------------------------------------------------------------------------------------------------


def _contract_problems(submission: Section) -> Iterator[Problem]:
    schema = submission.at("schema")
    fields = [field.text("name") for field in schema.items("fields")]
    yield from repeated(schema.items("fields"), "name")
    key = schema.text("primaryKey")
    if key and fields and key not in fields:
        text = _("the column '%(column)s' is not among the fields%(hint)s")
        yield schema.at("primaryKey").problem(text % {"column": key, "hint": did_you_mean(key, fields)})
    for field in schema.items("fields"):
        limits = field.mapping("constraints")
        low, high = limits.get("minimum"), limits.get("maximum")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            text = _("the minimum %(low)s is above the maximum %(high)s; swap them")
            yield field.at("constraints").problem(text % {"low": low, "high": high})


# -- the truth --------------------------------------------------------------------------------------------------------


def _truth_problems(task: Section, folder: Folder) -> Iterator[Problem]:
    truth, kind = task.at("truth"), task.at("submission").text("kind")
    if truth.text("path") and kind in SAMPLE_ENDINGS:
        yield from _truth_path_problems(truth.at("path"), kind, folder)
    by = truth.at("split").text("by")
    if kind in NO_COLUMNS and by == "column":
        yield truth.at("split").at("by").problem(str(NO_COLUMNS[kind]))
    if kind == "table" and by == "scene":
        yield truth.at("split").at("by").problem(_("tables have no scenes; split by column, list, hash or none"))
    if by == "list" and truth.at("split").text("file"):
        yield from _path_problems(truth.at("split").at("file"), folder, is_folder=False)
    if kind == "raster":
        yield from _scene_problems(truth, folder, list(task.at("submission").mapping("layers")))


def _truth_path_problems(part: Section, kind: str, folder: Folder) -> Iterator[Problem]:
    """Masks are a folder, a table is a file, and fields are either."""
    if kind != "grid":
        yield from _path_problems(part, folder, is_folder=kind in {"raster", "lines", "detections"})
        return
    try:
        folder.file_or_folder(part.value)
    except BadPath as error:
        yield part.problem(str(error))


def _scene_problems(truth: Section, folder: Folder, layers: list[str]) -> Iterator[Problem]:
    try:
        files = list(folder.folder(truth.text("path")).iterdir()) if truth.text("path") else []
    except BadPath:
        return
    scenes = scene_names(files)
    if truth.text("path") and not scenes:
        text = _("'%(path)s' holds no .tif or .png; put one <scene>.tif there for each")
        yield truth.at("path").problem(text % {"path": truth.text("path")})
        return
    for name, count in scenes.items():
        if count > 1:
            text = _("scene '%(scene)s' has %(count)s files; keep one of the .tif, .tiff and .png")
            yield truth.at("path").problem(text % {"scene": name, "count": count})
    if scenes and truth.at("split").text("by") == "scene":
        names = sorted({split_stem(name, layers)[0] for name in scenes})
        yield from _scene_split_problems(truth.at("split"), names)


def scene_names(files: list[Path]) -> dict[str, int]:
    """Scene -> how many files it has."""
    names: dict[str, int] = {}
    for file in sorted(files):
        if file.is_file() and file.suffix.lower() in RASTER_ENDINGS and not file.name.startswith("."):
            names[file.stem] = names.get(file.stem, 0) + 1
    return names


def _scene_split_problems(split: Section, scenes: list[str]) -> Iterator[Problem]:
    placed: dict[str, str] = {}
    for part in ("public", "private"):
        for item in split.texts(part):
            name = item.value
            if name not in scenes:
                text = _("scene '%(scene)s' is not in the truth%(hint)s")
                yield item.problem(text % {"scene": name, "hint": did_you_mean(name, scenes)})
            elif name in placed and placed[name] == part:
                yield item.problem(_("scene '%(scene)s' is listed twice; once is enough") % {"scene": name})
            elif name in placed:
                text = _("scene '%(scene)s' is both public and private; it should be in one of the two")
                yield item.problem(text % {"scene": name})
            placed.setdefault(name, part)
    left_out = [name for name in scenes if name not in placed]
    if left_out and split.has("public") and split.has("private"):
        text = ngettext(
            "scene %(scenes)s is in the truth, but neither public nor private; say which, or move the files away",
            "scenes %(scenes)s are in the truth, but neither public nor private; say which, or move the files away",
            len(left_out),
        )
        yield split.problem(text % {"scenes": listed(left_out)})


# -- what is offered for download -------------------------------------------------------------------------------------


def _program_problems(task: Section, folder: Folder) -> Iterator[Problem]:
    """Is it a file of Python? Its last word has the box, where it is tried before anything is published."""
    file = task.at("program").at("file")
    if not file.value or not isinstance(file.value, str):
        return
    try:
        path = folder.file(file.value)
    except BadPath as error:
        yield file.problem(str(error))
        return
    if not file.value.lower().endswith(".py"):
        yield file.problem(_("'%(path)s' should end in .py") % {"path": file.value})
    elif path.stat().st_size > MAX_PROGRAM_BYTES:
        text = _("'%(path)s' is larger than %(bytes)s bytes; a program should be one small file")
        yield file.problem(text % {"path": file.value, "bytes": MAX_PROGRAM_BYTES})


def _sample_problems(task: Section, folder: Folder) -> Iterator[Problem]:
    sample, submission = task.at("sample_submission"), task.at("submission")
    further = [FORMAT_ENDINGS.get(item.value, ()) for item in submission.texts("formats")]
    endings = SAMPLE_ENDINGS.get(submission.text("kind"), ())
    endings += tuple(ending for some in further for ending in some if ending not in endings)
    if task.has("code"):
        endings = tuple(ACCEPTED.values())
    if not isinstance(sample.value, str):
        return
    yield from _path_problems(sample, folder, is_folder=False)
    if endings and not sample.value.lower().endswith(endings):
        text = _("'%(path)s' should end in %(endings)s")
        yield sample.problem(text % {"path": sample.value, "endings": _(" or ").join(endings)})


def leak_problems(contest: Section, folder: Folder) -> Iterator[Problem]:
    """Whatever is offered for download must not be the truth, or hold it."""
    secret: set[Identity] = set()
    hidden: set[Identity] = set()
    for task in contest.items("tasks"):
        truth = task.at("truth")
        secret |= _identities(folder, truth.at("path")) | _identities(folder, truth.at("split").at("file"))
        hidden |= _hidden_inputs(task, folder)
    programs = [task.at("program") for task in contest.items("tasks")]
    texts = {path.read_bytes() for path in _program_files(programs, folder)}
    offered = [file.at("path") for release in contest.items("data") for file in release.items("files")]
    for task in contest.items("tasks"):
        offered += [task.at("sample_submission"), task.at("starting_kit"), task.at("code").at("trial")]
    for part in offered:
        if hidden & _identities(folder, part):
            text = _("'%(path)s' shows hidden inputs to everybody; keep what is offered elsewhere")
            yield part.problem(text % {"path": part.value})
    offered += [task.at("code").at("inputs") for task in contest.items("tasks")]
    for part in offered:
        if secret & _identities(folder, part):
            text = _("'%(path)s' would show the truth to everybody; keep what is offered elsewhere")
            yield part.problem(text % {"path": part.value})
        if _holds_one_of(folder, part, texts):
            text = _(
                "'%(path)s' would show the scoring program to everybody; keep it elsewhere, or say 'published: true' "
                "in 'program'"
            )
            yield part.problem(text % {"path": part.value})


def _hidden_inputs(task: Section, folder: Folder) -> set[Identity]:
    code = task.at("code")
    return set() if code.at("inputs_are_public").value is True else _identities(folder, code.at("inputs"))


def _identities(folder: Folder, part: Section) -> set[Identity]:
    """The files behind a path, by device and inode: a link does not hide one."""
    return {(path.stat().st_dev, path.stat().st_ino) for path in _files(folder, part)}


def _files(folder: Folder, part: Section) -> list[Path]:
    try:
        found = folder.file_or_folder(part.value) if isinstance(part.value, str) else None
    except BadPath:
        return []
    if found is None:
        return []
    return list(walk(found)) if found.is_dir() else [found]


def _program_files(programs: list[Section], folder: Folder) -> list[Path]:
    """Programs that contestants must not see."""
    hidden = [program.at("file") for program in programs if program.at("published").value is not True]
    files = [path for part in hidden for path in _files(folder, part)]
    return [path for path in files if 0 < path.stat().st_size <= MAX_PROGRAM_BYTES]


def _holds_one_of(folder: Folder, part: Section, texts: set[bytes]) -> bool:
    """A copy shows as much as the file itself."""
    sizes = {len(text) for text in texts}
    return any(path.stat().st_size in sizes and path.read_bytes() in texts for path in _files(folder, part))
