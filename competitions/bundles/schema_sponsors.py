"""What competition.yaml says of sponsors."""

from typing import Final

from competitions.bundles.schema_parts import KEY, PATH, TEXT, record, string

SPONSOR: Final = record(
    "Who supports the contest, shown on its overview and on a page of its own.",
    required=("key", "name"),
    key=KEY,
    name=TEXT,
    role=TEXT | {"description": "what kind of sponsor, such as {en: Gold sponsor, ja: ゴールドスポンサー}"},
    url=string("the sponsor's site, an address such as https://example.org/", pattern=r"^https://\S+$", maxLength=400),
    logo=PATH | {"description": "a PNG, JPEG or WebP file of at most 512 KiB"},
    description=TEXT | {"description": "about the sponsor, in Markdown"},
    prizes=TEXT | {"description": "what the sponsor gives"},
)
