"""What a check of the doctor found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``advice`` says what to do, unless it is well."""

    check: str
    state: State
    what: str
    advice: str | None = None
