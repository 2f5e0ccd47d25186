"""Where in a Document something stands."""

import pytest

from rag.datatypes import Document, Place
from rag.load.article import make_document

REPORT = Document(
    "d", "Cover. Intro. Results.", "Report", "report.pdf", places=(Place(7, 1, "Introduction"), Place(14, 2, "Results"))
)


@pytest.mark.parametrize(
    ("offset", "label"), [(7, "page 1, Introduction"), (13, "page 1, Introduction"), (14, "page 2, Results")]
)
def test_a_place_reaches_to_the_next(offset: int, label: str) -> None:
    place = REPORT.place_at(offset)
    assert place is not None
    assert place.label == label


def test_text_before_the_first_place_has_none() -> None:
    assert REPORT.place_at(0) is None


def test_a_place_may_know_its_page_or_its_heading_alone() -> None:
    assert Place(0, page=3).label == "page 3"
    assert Place(0, heading="Slide 4").label == "Slide 4"


def test_places_move_with_the_text_when_blank_lines_before_it_go() -> None:
    written = "\n\nOne.\n\nTwo."
    document = make_document(written, "a.txt", {}, places=[Place(0, 1), Place(written.index("Two"), 2)])
    assert document.text == "One.\n\nTwo."
    assert document.places == (Place(0, 1), Place(document.text.index("Two"), 2))


def test_parts_of_one_file_are_documents_of_their_own() -> None:
    first, second = (make_document("Text.", "mail.mbox", {}, part=part) for part in ("1", "2"))
    assert first.id != second.id
    assert first.id == make_document("Other text.", "mail.mbox", {}, part="1").id
