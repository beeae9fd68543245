"""The error a person can act on."""


class StackError(Exception):
    """Something the user can mend: says what is wrong and, in `hint`, what to do."""

    def __init__(self, message: str, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return "\n".join(text for text in (self.message, self.detail, self.hint) if text)
