"""The public names are few, explicit, sorted, and change only on purpose."""

import pytest

import rag


def test_the_public_names_of_rag() -> None:
    assert rag.__all__ == [
        "Answer",
        "Assistant",
        "Citation",
        "Condition",
        "Document",
        "Hit",
        "Library",
        "RagError",
        "Settings",
    ]
    assert rag.__all__ == sorted(rag.__all__)


@pytest.mark.parametrize("name", rag.__all__)
def test_a_public_name_is_the_thing_of_that_name(name: str) -> None:
    assert getattr(rag, name).__name__ == name
    assert name in dir(rag)


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'rag' has no attribute 'Vectors'"):
        _ = rag.Vectors
