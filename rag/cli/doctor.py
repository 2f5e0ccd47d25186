"""``rag doctor``: what is wrong, and what to do about it."""


def examine() -> None:
    """Check Python, the packages, the weights, the library and the machine."""
