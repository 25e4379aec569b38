"""What the jury's acts refuse, with a code for programs."""


class JuryRefused(Exception):
    """The message says what would be right."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
