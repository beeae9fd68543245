"""The formats that can be read, and how a file's is told."""

from __future__ import annotations

from pathlib import PurePosixPath

OFFICE = "application/vnd.openxmlformats-officedocument"
BY_EXTENSION = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "txt": "text/plain",
    "text": "text/plain",
    "csv": "text/csv",
}
MAX_TEXT = 4_000_000
"""Characters of text that a document may have."""
FORMATS = frozenset(BY_EXTENSION.values())
ZIPPED = frozenset(format_ for format_ in FORMATS if format_.startswith(OFFICE))
UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/zip"})
"""What senders say who do not know."""
HTML = frozenset({"text/html", "application/xhtml+xml"})


def known_format(declared: str | None, name: str) -> str | None:
    """Return the media type of a file by what its sender says, else by its name's ending; None if unknown."""
    said = (declared or "").partition(";")[0].strip().lower()
    by_name = BY_EXTENSION.get(PurePosixPath(name).suffix.removeprefix(".").lower())
    if said == "text/plain" and by_name is not None and by_name.startswith("text/"):
        # Senders that know no better call every text plain.
        return by_name
    if said in FORMATS:
        return said
    return by_name if said in UNSAID else None


def extension_of(format_: str) -> str:
    """Return the usual ending of a format's files."""
    return next(extension for extension, known in BY_EXTENSION.items() if known == format_)
