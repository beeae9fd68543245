"""Small files of every format, and some that nobody should have to read."""

from __future__ import annotations

import io
import zipfile
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


BAD = {
    "zip bomb": (File("a.docx", f"{OFFICE}.wordprocessingml.document", bomb()), 413, "unpacks_too_large"),
    "lying zip bomb": (File("a.docx", f"{OFFICE}.wordprocessingml.document", lying_bomb()), 422, "no_text"),
    "endless pdf": (File("a.pdf", "application/pdf", endless_pdf()), 422, "unreadable"),
    "blank pdf": (File("a.pdf", "application/pdf", blank_pdf()), 422, "no_text"),
    "locked pdf": (File("a.pdf", "application/pdf", locked_pdf()), 422, "unreadable"),
    "no pdf": (File("a.pdf", "application/pdf", b"hello"), 422, "unreadable"),
    "no zip": (File("a.xlsx", f"{OFFICE}.spreadsheetml.sheet", b"hello"), 422, "unreadable"),
    "no encoding": (File("a.txt", "text/plain", bytes(range(256)) * 8), 422, "unknown_encoding"),
    "only space": (File("a.md", "text/markdown", b" \n\n "), 422, "no_text"),
}
