"""A text put together from paragraphs, with the places that headings and pages begin at."""

from rag.datatypes import Place

INVISIBLE = dict.fromkeys([0xAD, 0xFEFF])  # soft hyphens and word joiners, which hide words from a search


class Writer:
    """Gathers the paragraphs of a Document, headings and list items written as Markdown writes them.

    The splitter knows that writing: it keeps a heading with what follows and an item apart from the next.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._places: list[Place] = []
        self._page: int | None = None
        self._in_list = False

    @property
    def text(self) -> str:
        """All that was added, paragraphs parted by a blank line."""
        return "".join(self._pieces)

    @property
    def places(self) -> tuple[Place, ...]:
        """The pages and headings, by their offsets into the text."""
        return tuple(self._places)

    def add(self, paragraph: str) -> None:
        """Add a paragraph; one without words is passed over."""
        self._append(paragraph.strip(), "\n\n")
        self._in_list = False

    def add_item(self, item: str, marker: str = "-") -> None:
        """Add an item of a list."""
        if item.strip():
            self._append(f"{marker} {item.strip()}", "\n" if self._in_list else "\n\n")
            self._in_list = True

    def add_heading(self, heading: str, level: int) -> None:
        """Add a heading, from level 1, and let a place begin with it."""
        words = " ".join(heading.split())
        if words:
            self.add(f"{'#' * min(max(level, 1), 6)} {words}")
            self._begin(Place(self._length - len(self._pieces[-1]), self._page, words))

    def begin_page(self, page: int, heading: str | None = None) -> None:
        """Let a page or slide begin with what is added next, below a heading of an earlier page."""
        self._page = page
        self._in_list = False
        # What is added next stands behind the blank line that parts it from the last.
        self._begin(Place(self._length + 2 * bool(self._pieces), page, heading))

    def go_on(self, words: str, page: int, heading: str | None) -> None:
        """Add words to the last paragraph, within which a page begins."""
        self._page = page
        self._append(words, " ")
        self._begin(Place(self._length - len(words), page, heading))

    def _begin(self, place: Place) -> None:
        if self._places and self._places[-1].start == place.start:
            self._places.pop()
        self._places.append(place)

    def _append(self, piece: str, parted_by: str) -> None:
        piece = piece.translate(INVISIBLE)
        if not piece:
            return
        if self._pieces:
            self._pieces.append(parted_by)
            self._length += len(parted_by)
        self._pieces.append(piece)
        self._length += len(piece)
