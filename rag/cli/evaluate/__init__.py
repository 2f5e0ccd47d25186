"""``rag eval``: measures what is found and answered, keeps it as a run, and compares runs; one command one module."""
