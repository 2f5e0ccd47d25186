"""``python -m rag.cli`` is the same as ``rag``."""

from rag.cli import main

main()
