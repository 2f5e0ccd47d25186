"""The command ``rag``: each command parses, calls the library, and prints; errors become one line and status 2."""

import errno
import logging
import os
import sys

from rag.errors import RagError

STOPPED, FAILED = 130, 2
# What a full or broken disk says; any other error of the system has been told in words by then, or is a fault of ours.
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main() -> None:
    """Run the command line; this is the console script ``rag``."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        # Imported here, for it takes seconds on a slow machine, in which Ctrl-C is to be no traceback.
        from rag.cli.commands import app

        app(prog_name="rag")
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except RagError as error:
        _end(str(error))
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        # What is left in the buffer cannot be written either, and Python would say so once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _end(f"The output cannot be written: {error.strerror}; make room, and run the command again.")


def _end(what: str) -> None:
    sys.stderr.write(f"rag: {what}\n")
    sys.exit(FAILED)
