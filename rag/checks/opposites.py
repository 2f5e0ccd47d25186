"""Whether the sentence has the opposite of a word of its sources."""

from rag.attribute import Attribution
from rag.opposites import turned_round


def check_opposites(attribution: Attribution) -> bool | None:
    """Tell whether no word of the sentence has its opposite in the sources in its place.

    ``The road is closed`` fails where the source has ``The road is open``. It does not apply where no word's opposite
    stands there, and so is passed by none.
    """
    sources = " ".join(source.sentence.text for source, _ in attribution.sources)
    return False if any(turned_round(attribution.sentence.text, sources)) else None
