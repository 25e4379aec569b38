"""What a contest asks of whoever joins, and whether an answer lets them in. Pure: no database.

An organiser's questions are kept as JSON:
{"key", "label": {"en", "ja"}, "kind", "choices": [{"key", "label"}], "eligible", "personal", "optional"}.
`eligible` is the answer that is needed to take part: true or false, or a list of choices; absent, any answer will do.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Texts = Mapping[str, str]
Answer = bool | str
MAX_TEXT_CHARACTERS: Final = 500
SPONSORS: Final = "sponsors"  # the consent that a sponsor's page asks for: name and affiliation may be passed on


class QuestionKind(StrEnum):
    YES_NO = "yes_no"
    CHOICE = "choice"
    TEXT = "text"


class InvalidAnswer(ValueError):
    """An answer is missing or not one of the possible ones; `key` says of which question, `code` what is wrong."""

    def __init__(self, key: str, code: str) -> None:
        super().__init__(f"{key}: {code}")
        self.key, self.code = key, code


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    label: Texts
    kind: QuestionKind
    options: tuple[Option, ...] = ()
    eligible: bool | tuple[str, ...] | None = None
    is_personal: bool = False
    is_optional: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Question":
        eligible = said.get("eligible")
        return cls(
            key=said["key"],
            label=said["label"],
            kind=QuestionKind(said["kind"]),
            options=tuple(Option(one["key"], one["label"]) for one in said.get("choices", ())),
            eligible=tuple(eligible) if isinstance(eligible, list) else eligible,
            is_personal=bool(said.get("personal")),
            is_optional=bool(said.get("optional")),
        )

    def read(self, given: Any) -> Answer | None:
        """The answer as it is kept; None for none. Raises InvalidAnswer."""
        if given in (None, ""):
            if self.is_optional:
                return None
            raise InvalidAnswer(self.key, "missing")
        if self.kind == QuestionKind.YES_NO:
            return self._yes_or_no(given)
        if not isinstance(given, str):
            raise InvalidAnswer(self.key, "unknown")
        if self.kind == QuestionKind.CHOICE:
            return self._choice(given)
        text = " ".join(given.split())
        if len(text) > MAX_TEXT_CHARACTERS:
            raise InvalidAnswer(self.key, "too_long")
        return text

    def _yes_or_no(self, given: Any) -> bool:
        if given in (True, "yes"):
            return True
        if given in (False, "no"):
            return False
        raise InvalidAnswer(self.key, "unknown")

    def _choice(self, given: str) -> str:
        if given not in {option.key for option in self.options}:
            raise InvalidAnswer(self.key, "unknown")
        return given

    def lets_in(self, answer: Answer | None) -> bool:
        if self.eligible is None:
            return True
        if isinstance(self.eligible, bool):
            return answer is self.eligible
        return answer in self.eligible


def text_digest(text: Texts) -> str:
    """SHA-256 of a text in all its languages: which words somebody agreed to."""
    plain = json.dumps(dict(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def questions_of(said: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    return tuple(Question.of(one) for one in said)


def read_answers(questions: Sequence[Question], given: Mapping[str, Any]) -> dict[str, Answer]:
    """The answers as they are kept, without those that were not given. Raises InvalidAnswer for the first bad one."""
    unknown = next((key for key in given if key not in {question.key for question in questions}), None)
    if unknown is not None:
        raise InvalidAnswer(str(unknown), "no_such_question")
    read = {question.key: question.read(given.get(question.key)) for question in questions}
    return {key: answer for key, answer in read.items() if answer is not None}


def failed_questions(questions: Sequence[Question], answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Those whose answer does not let the person in."""
    return tuple(question for question in questions if not question.lets_in(answers.get(question.key)))
