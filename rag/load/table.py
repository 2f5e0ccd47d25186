"""Rows of a table as sentences that stand by themselves: ``Country: Peru; Year: 2020.``."""

import re
from collections.abc import Iterable, Iterator, Sequence

HEADER_LENGTH = 60  # characters; longer cells are content
NUMBER = re.compile(r"[\W\d_]*\d[\W\d_]*%?")
ENDS = (".", "!", "?", "…", "。")


def sentences_of_rows(rows: Iterable[Sequence[str]], *, has_header: bool | None = None) -> Iterator[str]:
    """Yield a sentence for each row, its cells named by the header; empty cells and rows are left out.

    Args:
        rows: the cells' texts; rows may differ in length.
        has_header: whether the first row names the columns; None looks at it.
    """
    remaining = (tidy for row in rows if any(tidy := [" ".join(cell.split()) for cell in row]))
    first = next(remaining, None)
    if first is None:
        return
    second = next(remaining, None)
    # A header alone is all that the table says.
    if second is None or not (looks_like_header(first) if has_header is None else has_header):
        yield _sentence((), first)
        header: Sequence[str] = ()
    else:
        header = first
    if second is not None:
        yield _sentence(header, second)
    for row in remaining:
        yield _sentence(header, row)


def looks_like_header(row: Sequence[str]) -> bool:
    """Tell whether a first row names the columns: several short, different ones, none of them a number or a list."""
    names = [name for name in row if name]
    return (
        len(names) > 1
        and len(set(names)) == len(names)
        and not any(len(name) > HEADER_LENGTH or name.startswith("- ") or NUMBER.fullmatch(name) for name in names)
    )


def _sentence(header: Sequence[str], row: Sequence[str]) -> str:
    names = [*header, *[""] * (len(row) - len(header))]
    cells = "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell)
    return cells if cells.endswith(ENDS) else f"{cells}."
