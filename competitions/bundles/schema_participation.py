"""The part of the format that says what is asked of whoever joins."""

from typing import Any, Final

from competitions.bundles.schema_parts import KEY, SHORT, TEXT, array, choice, record

LABEL: Final[dict[str, Any]] = TEXT | {"description": "the words of the question, as {en: ..., ja: ...} or plain"}
OPTION: Final = record("One of the answers to choose from.", required=("key", "label"), key=KEY, label=TEXT)
FLAG: Final[dict[str, Any]] = {"type": "boolean"}
QUESTION: Final = record(
    "A question that everybody who joins answers once, whatever the divisions.",
    required=("key", "label", "kind"),
    key=KEY,
    label=LABEL,
    kind=choice("how it is answered: yes_no, choice (one of `choices`), or text", "yes_no", "choice", "text"),
    choices=array("what there is to choose from, for `kind: choice`", OPTION, minimum=2),
    eligible={
        "type": ["boolean", "array"],
        "items": SHORT,
        "minItems": 1,
        "description": "the answer that is needed to take part: true or false for yes_no, a list of keys for choice; "
        "absent: any answer will do",
    },
    personal=FLAG | {"description": "true where the answer is personal data, of which the page then warns"},
    optional=FLAG | {"description": "true where it may be left empty; false when absent"},
)
CONSENT: Final = record(
    "Something that whoever takes part may allow, or not; not given unless ticked, and taken back at any time. "
    "The key `sponsors` is the one that sponsors' pages ask for.",
    required=("key", "label"),
    key=KEY,
    label=TEXT | {"description": "the words that are agreed to, such as: my name and affiliation may be passed on"},
)
PARTICIPATION: Final = record(
    "What is asked of whoever joins.",
    required=(),
    questions=array("the questions, in the order to ask", QUESTION),
    consents=array("the optional consents", CONSENT),
)
