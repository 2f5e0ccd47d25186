"""A file that lies in another: in an archive, in a mail, in a crawl."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """A file within a file, read by the loader for its own suffix.

    ``name`` tells it from the others, ``suffix`` which loader reads it; ``read`` returns its bytes or raises
    LoadError. ``metadata`` is what the outer file says of it, as ``make_document`` takes it; what the inner one says
    itself goes before.
    """

    name: str
    suffix: str
    read: Callable[[], bytes]
    metadata: Mapping[str, str] = field(default_factory=dict)
