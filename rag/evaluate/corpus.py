"""The library that a set is measured on: one that is there, or one made of a folder of articles and kept for next time.

A kept library lies in the user's cache folder, beside the articles (or a link to them), so that its sources read the
same on every machine: ``articles/rhine.md``.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import platformdirs

from rag.database import SCHEMA_VERSION
from rag.datatypes import Document
from rag.errors import DataError
from rag.evaluate.cases import CaseSet
from rag.index_report import IndexProgress
from rag.library import Library
from rag.settings import Settings

OWN_ARTICLES = "articles"


def cache_folder() -> Path:
    """Return the folder that keeps what evaluation can make again."""
    return Path(platformdirs.user_cache_dir("footnoted"))


def kept_library(cases: CaseSet, folder: Path | None, settings: Settings) -> Library:
    """Open the library that is kept for a folder of articles, or for the data's own articles.

    It may not be there yet, or be out of step: ``index_kept`` brings it in step. Raises
    DataError where the folder is none, or where there is no folder and the data has no articles.
    """
    if folder is not None and not folder.is_dir():
        raise DataError(f"There is no folder of articles {folder}.")
    if folder is None and not cases.documents:
        raise DataError(f"{cases.name} brings no articles; name their folder with --corpus, or a library with -l.")
    content = str(folder.resolve()) if folder else _digest(cases.documents)
    made_by = json.dumps([content, settings.encoder_for_new, settings.chunk_tokens, SCHEMA_VERSION])
    name = f"{folder.resolve().name if folder else cases.name}-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}"
    home = cache_folder() / "corpora" / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        if folder:
            _link(home / OWN_ARTICLES, folder.resolve())
        elif not (home / OWN_ARTICLES).exists():
            write_articles(cases.documents, home / OWN_ARTICLES)
    except OSError as error:
        raise DataError(
            f"The library of {folder or cases.name} cannot be kept in {home} ({error.strerror}); make one of the "
            "articles elsewhere, and name that library instead."
        ) from error
    return Library(home / ".rag", settings)


def index_kept(library: Library, progress: IndexProgress | None = None) -> None:
    """Bring a kept library in step with its articles.

    Raises DataError where one of them cannot be read: figures without it would be of another set.
    """
    report = library.index(library.folder.parent / OWN_ARTICLES, progress=progress)
    if report.skipped:
        raise DataError(f"An article of the set cannot be read: {next(iter(report.skipped.values()))}")


def write_articles(documents: Iterable[Document], folder: Path) -> None:
    """Write documents as Markdown files with their titles, all or none."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for document in documents:
        # JSON's strings are YAML's too.
        header = f"---\ntitle: {json.dumps(document.title, ensure_ascii=False)}\n---\n" if document.title else ""
        (partial / article_name(document.id)).write_text(header + document.text, encoding="utf-8")
    partial.rename(folder)


def article_name(document_id: str) -> str:
    """Return the name of the file that a document of the data is written to: ``a/b`` is ``a%2Fb.md``."""
    return f"{quote(document_id.removesuffix('.md'), safe='')}.md"


def _digest(documents: Iterable[Document]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps([document.id, document.title, document.text]).encode())
    return digest.hexdigest()


def _link(link: Path, folder: Path) -> None:
    try:
        if not link.is_symlink():
            with suppress(FileExistsError):  # another process was faster
                link.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        raise DataError(f"{link} cannot be made a link to {folder}: {error.strerror}.") from error
