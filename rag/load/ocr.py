"""Text of scanned pages, recognised by Tesseract where it is installed."""

import importlib.util
import shutil
from typing import Any

from rag.load.pdf_lines import Line

DOTS_PER_INCH = 300
POINTS_PER_INCH = 72


def can_recognise() -> bool:
    """Tell whether the program and its Python package are there."""
    return shutil.which("tesseract") is not None and importlib.util.find_spec("pytesseract") is not None


def recognise_text(page: Any) -> list[Line]:
    """Return the lines that Tesseract reads on one of pypdfium2's pages."""
    from pytesseract import Output, image_to_data

    scale = DOTS_PER_INCH / POINTS_PER_INCH
    words = image_to_data(page.render(scale=scale).to_pil(), output_type=Output.DICT)
    height = page.get_height()
    lines: dict[tuple[int, ...], list[int]] = {}
    for number, text in enumerate(words["text"]):
        if text.strip():
            key = tuple(words[part][number] for part in ("block_num", "par_num", "line_num"))
            lines.setdefault(key, []).append(number)
    found = []
    for numbers in lines.values():
        left, right = words["left"][numbers[0]], words["left"][numbers[-1]] + words["width"][numbers[-1]]
        bottom = height - max(words["top"][n] + words["height"][n] for n in numbers) / scale
        text = " ".join(words["text"][n] for n in numbers)
        broken = text.endswith("-")
        size = 10.0  # recognised heights vary from word to word, so no line counts as a heading
        found.append(Line(text.rstrip("-"), left / scale, right / scale, bottom, size, broken, margin=False))
    return found
