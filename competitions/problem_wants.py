"""What scoring found in a contract and what it wants instead, in the reader's language."""

from functools import cache
from typing import Final

from django.utils.translation import gettext, gettext_noop

from competitions.sentence_patterns import Patterns, patterns_of, translated

# scoring.reading
TYPES: Final = (
    gettext_noop("an object"),
    gettext_noop("a list"),
    gettext_noop("a text"),
    gettext_noop("true or false"),
    gettext_noop("a whole number"),
    gettext_noop("null"),
    gettext_noop("something else"),
    gettext_noop("a text or a number"),
    gettext_noop("the number %(count)s"),
    gettext_noop("the text %(text)s"),
)
RANGES: Final = (
    gettext_noop("%(low)s to %(high)s"),
    gettext_noop("%(low)s to %(high)s classes"),
    gettext_noop("%(low)s to %(high)s columns"),
    gettext_noop("%(low)s to %(high)s layers, each with its classes"),
    gettext_noop("0 to less than 0.5 grid steps"),
    gettext_noop("0 or more"),
    gettext_noop("at most %(limit)s"),
    gettext_noop("at most %(limit)s scenes"),
    gettext_noop("at most %(limit)s cells of all members of one field"),
    gettext_noop("at least %(limit)s"),
    gettext_noop("at least %(limit)s, all different"),
    gettext_noop("at least 0, for a standard deviation"),
    gettext_noop("more than %(limit)s"),
    gettext_noop("more than %(limit)s, for %(metric)s"),
    gettext_noop("below %(limit)s"),
)
# scoring.contract, scoring.mask_parts, scoring.kinds
PARTS: Final = (
    gettext_noop("letters, digits and . _ -"),
    gettext_noop("letters, digits, _ and -"),
    gettext_noop("lower-case letters, digits, _ and -, at most 40 of them"),
    gettext_noop("a plain name"),
    gettext_noop("a plain text"),
    gettext_noop("a plain column name, given once"),
    gettext_noop("an id and a value"),
    gettext_noop("inside of each layer"),
    gettext_noop("left out where there are layers"),
    gettext_noop("left out, as formats does not name rle"),
    gettext_noop("2, or name a column with 'class'"),
    gettext_noop("tidemark, for rasters"),
    gettext_noop("three whole numbers: fields, rows, columns"),
    gettext_noop("six numbers a, b, c, d, e, f with a e - b d not 0"),
    gettext_noop("fields x rows x columns"),
    gettext_noop("%(count)s values, as the shape says"),
    gettext_noop("%(count)s names, as the shape says"),
    gettext_noop("%(count)s classes"),
    gettext_noop("%(count)s cells"),
    gettext_noop("%(count)s scenes"),
    gettext_noop("%(count)s rows"),
    gettext_noop("no file <scene>.json"),
    gettext_noop("one for each scene"),
    gettext_noop("no cell that counts"),
    gettext_noop("lists of [row, column]"),
)
# scoring.job, scoring.label_params, scoring.params, scoring.rows, scoring.program
METRICS: Final = (
    gettext_noop("a list of at least one metric"),
    gettext_noop("an object of names and numbers"),
    gettext_noop("a column of numbers, and the contract has none"),
    gettext_noop("a column of labels, and the contract has none"),
    gettext_noop("a column of texts, and the contract has none"),
    gettext_noop("a column of values, and the contract has none"),
    gettext_noop("the classes in their order, for %(metric)s"),
    gettext_noop("minimum 0 and maximum 1, for probabilities"),
    gettext_noop("one column, or several columns"),
    gettext_noop("column and columns"),
    gettext_noop("%(count)s numbers, one for each column"),
    gettext_noop("weights of %(names)s"),
    gettext_noop("weights with a sum"),
    gettext_noop("a sum of 0"),
    gettext_noop("a number from 0 to 1000 for each item"),
    gettext_noop("one column: the kaggle convention returns one number"),
    gettext_noop("the name %(name)s"),
    gettext_noop("the key %(key)s"),
)
# What a metric is for, joined by "and".
KINDS: Final = (
    gettext_noop("rasters"),
    gettext_noop("tables"),
    gettext_noop("grids"),
    gettext_noop("lines"),
    gettext_noop("detections"),
)


def want(value: str) -> str | None:
    """In the active language; None where it is none of these."""
    kinds = value.split(" and ")
    if set(kinds) <= set(KINDS):
        return gettext(" and ").join(gettext(kind) for kind in kinds)
    return translated(value, _patterns())


@cache
def _patterns() -> Patterns:
    return patterns_of((*TYPES, *RANGES, *PARTS, *METRICS))
