"""Reads one file in a process of its own: `python -m functions.ingest.extractor FORMAT < file > JSON`.

The file may be hostile, so the process has no secrets in its environment, its memory and time are limited, and
what it prints is data to whoever started it: {"text", "title"} or {"error", "message"}.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from typing import Any

from functions.ingest.formats import HTML, MAX_TEXT, ZIPPED

MEMORY = 3 * 1024**3
CPU_SECONDS = 90
MAX_UNPACKED = 256 * 1024**2
MAX_ENTRIES = 20_000
MAX_RATIO = 200
MAX_PAGES = 3000
FEW = 200
"""Where the main part of a page has fewer characters, it was perhaps not found."""
PLAIN = ("text/plain", "text/markdown", "text/csv")
NO_TEXT = (b"%PDF-", b"PK\x03\x04", b"{\\rtf")
"""What files begin with that are made of ASCII in part and are no text."""
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):  # noqa: N818 - it is told, not raised further
    """Why the file cannot be read: a code for programs and words for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def limit() -> None:
    """Bind this process to its share of memory and time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_UNPACKED, MAX_UNPACKED))


def extract(data: bytes, format_: str) -> dict[str, Any]:
    """Return the text of a file as Markdown, and its title if it names one; raise Unreadable when it has none."""
    if data.lstrip().startswith(NO_TEXT) and (format_ in PLAIN or format_ in HTML):
        raise Unreadable("unreadable", "The file is not of the type it says it is.")
    if format_ in PLAIN:
        text, title = decode(data), None
    elif format_ in HTML:
        text, title = from_html(data)
    else:
        text, title = from_document(data, format_)
    # Half a surrogate pair is no character, and no database stores U+0000.
    text = text.encode("utf-8", "ignore").decode().replace("\x00", "").strip()
    if not text:
        raise Unreadable("no_text", "The file contains no text. Scanned pages are not read.")
    if len(text) > MAX_TEXT:
        raise Unreadable("too_much_text", f"The file has more than {MAX_TEXT} characters of text.")
    return {"text": text, "title": title}


def decode(data: bytes) -> str:
    """Return the text of bytes in whatever encoding they are; raise Unreadable when they are in none."""
    from charset_normalizer import from_bytes  # noqa: PLC0415

    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    best = None if is_binary(data) else from_bytes(data).best()
    if best is None:
        raise Unreadable("unknown_encoding", "The text is in no known encoding. Save it as UTF-8.")
    return str(best)


def is_binary(data: bytes) -> bool:
    """Return whether bytes are no text: of texts only UTF-16 has many control characters, and says so at once."""
    beginning = data[:65_536]
    controls = sum(byte in CONTROLS for byte in beginning)
    return not data.startswith(BYTE_ORDER_MARKS) and (b"\x00" in beginning or controls > len(beginning) / 100)


def from_html(data: bytes) -> tuple[str, str | None]:
    """Return the main part of a page without what is around it, or all of it where no main part is found."""
    import trafilatura  # noqa: PLC0415

    if is_binary(data):
        raise Unreadable("unreadable", "The file is damaged, or not of the type it says it is.")
    options: dict[str, Any] = {"output_format": "markdown", "include_formatting": True, "include_comments": False}
    text = trafilatura.extract(data, include_tables=True, **options)
    if len(text or "") < FEW:
        text = trafilatura.extract(data, include_tables=True, favor_recall=True, **options)
    page = trafilatura.load_html(data)
    title = (page.findtext(".//title") or "").strip() if page is not None else ""
    if text:
        return text, title or None
    text, other = from_document(data, "text/html")
    return text, title or other


def from_document(data: bytes, format_: str) -> tuple[str, str | None]:
    """Return the text of a PDF, an office document, or a page that has no main part."""
    import kreuzberg  # noqa: PLC0415

    if format_ in ZIPPED:
        inspect_zip(data)
    config = kreuzberg.ExtractionConfig(  # type: ignore[call-arg] # its stub lacks disable_ocr
        use_cache=False,
        disable_ocr=True,
        output_format="markdown",
        extraction_timeout_secs=CPU_SECONDS,
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
    )
    try:
        result = kreuzberg.extract_bytes_sync(data, format_, config)
    except kreuzberg.KreuzbergError as error:
        raise Unreadable(
            "unreadable", "The file is damaged, encrypted, or not of the type it says it is."
        ) from error
    metadata: dict[str, Any] = dict(result.metadata)
    if int(metadata.get("page_count") or 0) > MAX_PAGES:
        raise Unreadable("too_many_pages", f"The file has more than {MAX_PAGES} pages.")
    title = metadata.get("title")
    return result.content, title if isinstance(title, str) and title.strip() else None


def inspect_zip(data: bytes) -> None:
    """Raise Unreadable for an archive that would unpack to far more than it is."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise Unreadable("unreadable", "The file is damaged, or not of the type it says it is.") from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(data) + 1024**2:
        raise Unreadable("unpacks_too_large", "The file unpacks to far more than it is.")


def main() -> None:
    """Read the file on standard input and print what it says, or why it cannot be read."""
    data = sys.stdin.buffer.read()
    limit()
    try:
        answer = extract(data, sys.argv[1])
    except Unreadable as reason:
        answer = {"error": reason.code, "message": str(reason)}
    except MemoryError:
        answer = {"error": "too_complex", "message": "Reading the file takes more memory than it may."}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
