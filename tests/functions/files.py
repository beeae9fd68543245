"""Small files of every format, and some that nobody should have to read."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass

import docx
import fpdf
import openpyxl
import pptx

SENTENCE = "The blue heron nests in the reeds of the northern lake."


def pdf(*pages: str) -> bytes:
    document = fpdf.FPDF()
    document.set_font("Helvetica", size=12)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 8, page)
    return bytes(document.output())


def word(*paragraphs: str) -> bytes:
    document, output = docx.Document(), io.BytesIO()
    document.add_heading("Birds", 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(output)
    return output.getvalue()


def slides(text: str) -> bytes:
    presentation, output = pptx.Presentation(), io.BytesIO()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Birds"
    slide.placeholders[1].text = text
    presentation.save(output)
    return output.getvalue()


def sheet(text: str) -> bytes:
    book, output = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["bird", "note"])
    book.active.append(["heron", text])
    book.save(output)
    return output.getvalue()


def page(text: str) -> bytes:
    filler = "".join(
        f"<p>In year {year} the wardens counted the nests around the lake, and wrote down how many.</p>"
        for year in range(1990, 1996)
    )
    return (
        "<html><head><title>Herons of the north</title><style>p{}</style></head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/shop'>Shop</a></li></ul></nav>"
        f"<main><h1>Herons</h1><p>{text}</p>{filler}<script>alert(1)</script></main><footer>Imprint</footer></body></html>"
    ).encode()


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    data: bytes


OFFICE = "application/vnd.openxmlformats-officedocument"
GOOD = [
    File("birds.pdf", "application/pdf", pdf("Birds of the region.", SENTENCE)),
    File("birds.docx", f"{OFFICE}.wordprocessingml.document", word("Birds of the region.", SENTENCE)),
    File("birds.pptx", f"{OFFICE}.presentationml.presentation", slides(SENTENCE)),
    File("birds.xlsx", f"{OFFICE}.spreadsheetml.sheet", sheet(SENTENCE)),
    File("birds.html", "text/html", page(SENTENCE)),
    File("birds.md", "text/markdown", f"# Birds\n\n{SENTENCE}\n".encode()),
    File("birds.txt", "text/plain", f"Héron: {SENTENCE}\nÀ côté, l'étang gelé.\n".encode("cp1252")),
    File("utf16.txt", "text/plain", f"Herons. {SENTENCE}\n".encode("utf-16")),
    File("birds.csv", "text/csv", f'bird,note\nheron,"{SENTENCE}"\n'.encode()),
]


def bomb() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * (300 * 1024**2))
    return output.getvalue()


def lying_bomb() -> bytes:
    """A bomb whose directory says that it is small."""
    data = bytearray(bomb())
    size = (300 * 1024**2).to_bytes(4, "little")
    return bytes(data.replace(size, (1000).to_bytes(4, "little")))


def endless_pdf() -> bytes:
    """A PDF whose pages are their own children."""
    objects = [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        "2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>endobj",
    ]
    return ("%PDF-1.4\n" + "\n".join(objects) + "\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF").encode()


def blank_pdf() -> bytes:
    document = fpdf.FPDF()
    document.add_page()
    return bytes(document.output())


def locked_pdf() -> bytes:
    document = fpdf.FPDF()
    document.set_encryption(owner_password="owner", user_password="user")
    document.add_page()
    document.set_font("Helvetica", size=12)
    document.cell(text=SENTENCE)
    return bytes(document.output())


def pdf_of(*objects: bytes) -> bytes:
    """Return objects as a PDF, the first of which is its catalogue."""
    return b"%PDF-1.4\n" + b"\n".join(objects) + b"\ntrailer<</Root 1 0 R/Size 9>>\n%%EOF"


def deep_pdf() -> bytes:
    return pdf_of(
        b"1 0 obj<</Type/Catalog/Pages 2 0 R/X " + b"[" * 500_000 + b">>endobj",
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj",
    )


def deep_pages() -> bytes:
    nodes = (f"{n} 0 obj<</Type/Pages/Kids[{n + 1} 0 R]/Count 1>>endobj".encode() for n in range(10, 60_000))
    return pdf_of(b"1 0 obj<</Type/Catalog/Pages 10 0 R>>endobj", *nodes)


def pdf_bomb() -> bytes:
    """A page of 280 MB in half of one."""
    page = zlib.compress(b"0 0 m 1 1 l S\n" * 20_000_000, 9)
    return pdf_of(
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj",
        b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n" % len(page) + page + b"\nendstream endobj",
    )


def with_document(xml: str) -> bytes:
    """Return a Word file whose text is this XML."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "word/document.xml" else old.read(name))
    return output.getvalue()


def laughs(entities: str, text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return with_document(
        f'<?xml version="1.0"?><!DOCTYPE l [{entities}]><w:document xmlns:w="{space}"><w:body><w:p><w:r>'
        f"<w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    )


BILLION = "".join(f'<!ENTITY a{n} "{(f"&a{n - 1};" if n else "ha") * 10}">' for n in range(10))
FILE = '<!ENTITY a SYSTEM "file:///etc/passwd">'
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10
WORD, SHEET = f"{OFFICE}.wordprocessingml.document", f"{OFFICE}.spreadsheetml.sheet"

BAD = {
    "zip bomb": (File("a.docx", WORD, bomb()), 413, "unpacks_too_large"),
    "lying zip bomb": (File("a.docx", WORD, lying_bomb()), 422, "no_text"),
    "endless pdf": (File("a.pdf", "application/pdf", endless_pdf()), 422, "unreadable"),
    "blank pdf": (File("a.pdf", "application/pdf", blank_pdf()), 422, "no_text"),
    "locked pdf": (File("a.pdf", "application/pdf", locked_pdf()), 422, "unreadable"),
    "no pdf": (File("a.pdf", "application/pdf", b"hello"), 422, "unreadable"),
    "no zip": (File("a.xlsx", SHEET, b"hello"), 422, "unreadable"),
    "no encoding": (File("a.txt", "text/plain", bytes(range(256)) * 8), 422, "unknown_encoding"),
    "deep pdf": (File("a.pdf", "application/pdf", deep_pdf()), 422, "unreadable"),
    "deep pages": (File("a.pdf", "application/pdf", deep_pages()), 422, "no_text"),
    "pdf bomb": (File("a.pdf", "application/pdf", pdf_bomb()), 422, "too_complex"),
    "billion laughs": (File("a.docx", WORD, laughs(BILLION, "&a9;")), 422, "no_text"),
    "file of the server": (File("a.docx", WORD, laughs(FILE, "&a;")), 422, "no_text"),
    "deep page": (File("a.html", "text/html", b"<html><body>" + b"<div>" * 300_000 + b"hello"), 422, "no_text"),
    "packed page": (File("a.html", "text/html", gzip.compress(b"<p>hello</p>" * 10_000)), 422, "unreadable"),
    "pdf as text": (File("a.txt", "text/plain", pdf(SENTENCE)), 422, "unreadable"),
    "word as markdown": (File("a.md", "text/markdown", word(SENTENCE)), 422, "unreadable"),
    "picture as text": (File("a.txt", "text/plain", PICTURE), 422, "unknown_encoding"),
    "picture as page": (File("a.html", "text/html", PICTURE), 422, "unreadable"),
    "sheet as word": (File("a.docx", WORD, sheet(SENTENCE)), 422, "unreadable"),
    "page as pdf": (File("a.pdf", "application/pdf", page(SENTENCE)), 422, "unreadable"),
    "too much text": (File("a.txt", "text/plain", b"word " * 900_000), 413, "too_much_text"),
    "only space": (File("a.md", "text/markdown", b" \n\n "), 422, "no_text"),
}
