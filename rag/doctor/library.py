"""Whether a library is whole, and made with the encoder at hand."""

from collections.abc import Iterator

from embeddings.vector_index import FaissIndex, VectorIndexDamaged
from rag.doctor.finding import Finding, State
from rag.errors import EncoderMismatch, LibraryError, ModelError, ModelUnavailable
from rag.hints import command_line
from rag.library import Library
from rag.library_files import VECTORS_FILE

# Where what was found says itself what to do.
AGAIN = "Do that, and run this command again."


def check_library(shelf: Library) -> Iterator[Finding]:
    """Check that the library is there, whole, made with the encoder at hand, and its vector index of its state."""
    if not shelf.exists():
        what = f"There is no library in {shelf.folder}."
        advice = f"Make one with {command_line('rag index PATH', library=shelf.folder)}."
        yield Finding("library", State.WARNING, what, advice)
        return
    rebuild = f"Make it anew with {command_line('rag index --rebuild PATH', library=shelf.folder)}."
    try:
        problems = shelf.database.problems()
        if problems:
            yield from (Finding("library", State.PROBLEM, f"{shelf.folder}: {what}.", rebuild) for what in problems)
            return
        _, documents = shelf.database.list_documents(contains="", limit=0, offset=0)
        chunks = sum(shelf.database.chunk_counts().values())
    except LibraryError as error:
        yield Finding("library", State.PROBLEM, str(error), AGAIN)
        return
    yield Finding("library", State.OK, f"{shelf.folder} is whole: {documents} articles, {chunks} chunks")
    yield _check_encoder(shelf)
    yield _check_vectors(shelf)


def _check_encoder(shelf: Library) -> Finding:
    try:
        fingerprint = shelf.encoder.fingerprint
    except EncoderMismatch as error:
        return Finding("library", State.PROBLEM, str(error), AGAIN)
    except ModelUnavailable as error:
        return Finding("library", State.WARNING, f"Its encoder cannot be compared: {error}", "Fetch the encoder first.")
    except ModelError as error:
        return Finding("library", State.PROBLEM, str(error), "Name the library's encoder with --encoder.")
    return Finding("library", State.OK, f"made with the encoder at hand, {shelf.encoder_name} ({fingerprint[:12]})")


def _check_vectors(shelf: Library) -> Finding:
    path = shelf.folder / VECTORS_FILE
    try:
        state = "out of date" if FaissIndex.read(path, shelf.database.generation) is None else None
    except FileNotFoundError:
        state = "missing"
    except (VectorIndexDamaged, OSError) as error:
        state = f"damaged ({error})"
    if state is None:
        return Finding("library", State.OK, "the vector index is of the database's state")
    what = f"The vector index {path} is {state}."
    advice = "Nothing: the next search makes it again from the database."
    if shelf.read_only:
        advice = "Have someone search the library once who may write it: until then every command makes it again."
    return Finding("library", State.WARNING, what, advice)
