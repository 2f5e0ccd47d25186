"""``rag index``, ``rag list``, ``rag remove``: what the library holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rag.changes import is_url
from rag.cli.options import AsJson, EncoderName, LibraryFolder, ModelsFolder, Offline, print_json
from rag.cli.progress import show_indexing
from rag.cli.weights import fetch_encoder
from rag.errors import LoadError
from rag.hints import command_line
from rag.index_report import IndexReport
from rag.library import Library
from rag.models.catalogue import CATALOGUE, MULTILINGUAL_ENCODER
from rag.settings import Settings
from rag.watch import watch_paths


def index_articles(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders and URLs of articles.")],
    library: LibraryFolder = None,
    encoder: EncoderName = None,
    chunk_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="A chunk's most tokens, its title included.")
    ] = None,
    fields: Annotated[
        str | None, typer.Option(metavar="NAME=KEY,…", help="The keys of exported records: body=content,title=name.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Throw away what the library holds first.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and follow each change until Ctrl-C.")] = False,
    most_pages: Annotated[
        int | None, typer.Option("--most", metavar="N", help="Of a feed or sitemap, fetch so many pages; 100.")
    ] = None,
    allow_private: Annotated[
        bool | None, typer.Option("--allow-private", help="Fetch from addresses that are not public, too.")
    ] = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Bring the library in step with articles: add new ones, replace changed ones, drop those that are gone.

    What a file named .ragignore lists, by git's rules, is left out of its folder. Files that cannot be read are named
    at the end, the rest is indexed, and the exit status is 2. Ctrl-C keeps what is done; the exit status is 130.

    Examples: rag index seeds · rag index ~/articles --watch · rag index https://example.org/feed.xml --most 20
    """
    settings = Settings.read(
        library=library,
        encoder=encoder,
        chunk_tokens=chunk_tokens,
        fields=fields,
        most_pages=most_pages,
        allow_private=allow_private,
        models=models,
        offline=offline,
    )
    shelf = Library.open(settings=settings)
    followed = [Path(path) for path in paths if not is_url(path)]
    if watch and not followed:
        raise LoadError("--watch follows files and folders; name one, or leave it out.")
    if dry_run:
        _tell(shelf.preview(*paths, rebuild=rebuild), shelf, as_json=as_json, dry_run=True)
        return
    try:
        # What is thrown away has no say, and may be too damaged to be asked.
        fetch_encoder(settings.encoder_for_new if rebuild else shelf.encoder_name, settings)
        with show_indexing() as progress:
            report = shelf.index(*paths, rebuild=rebuild, progress=progress)
    except KeyboardInterrupt:
        typer.echo("rag: stopped; what is done is kept, and the same command goes on with the rest.", err=True)
        raise typer.Exit(130) from None
    _tell(report, shelf, as_json=as_json, indent=None if watch else 2)
    if watch:
        _follow(followed, shelf, report.skipped, as_json=as_json)
    elif report.skipped:
        raise typer.Exit(2)


def _tell(report: IndexReport, shelf: Library, *, as_json: bool, dry_run: bool = False, indent: int | None = 2) -> None:
    """Print what was done, and on stderr which new files are copies, and what was skipped and why."""
    if as_json:
        print_json(asdict(report) | {"library": str(shelf.folder), "dry_run": dry_run}, indent=indent)
    elif dry_run:
        for what, sources in (("add", report.added), ("update", report.updated), ("remove", report.removed)):
            for source in sources:
                typer.echo(f"{what} {source}")
        for old, new in report.moved.items():
            typer.echo(f"move {old} to {new}")
        typer.echo(f"Nothing is changed; it would be: {_summary(report)}, in {shelf.folder}")
    else:
        done = f"{report.chunks} chunks encoded in {report.seconds:.1f} s"
        typer.echo(f"{_summary(report)}; {done}, in {shelf.folder}")
    fresh = {*report.added, *report.updated}
    for copy, first in report.duplicates.items():
        if {copy, first} & fresh:
            typer.echo(f"rag: {copy} is the same as {first}", err=True)
    if report.languages and _is_english(shelf.encoder_name):
        typer.echo(f"rag: {_other_languages(report, shelf)}", err=True)
    for reason in report.skipped.values():
        typer.echo(f"rag: skipped {reason}", err=True)


def _is_english(encoder: str) -> bool:
    """Tell whether an encoder is one that the catalogue knows to be made for English alone."""
    return any(model.name == encoder and model.languages == ("en",) for model in CATALOGUE)


def _other_languages(report: IndexReport, shelf: Library) -> str:
    counts = ", ".join(f"{language} {count}" for language, count in Counter(report.languages).most_common())
    better = command_line(
        f"rag index --rebuild PATH --encoder {MULTILINGUAL_ENCODER}", library=shelf.folder, models=shelf.settings.models
    )
    return (
        f"not all articles are in English ({counts}), the language of the encoder {shelf.encoder_name}; they are found "
        "by their words, but hardly by their meaning. Any multilingual sentence-transformers model does better, as in "
        f"{better}."
    )


def _follow(paths: Sequence[Path], shelf: Library, told: Mapping[str, str], *, as_json: bool) -> None:
    """Index again after each burst of changes, until Ctrl-C; one line for each that changed the library.

    Files that are skipped are named again only where they are new or there is another reason than was told.
    """
    typer.echo(f"Watching {', '.join(map(str, paths))}; Ctrl-C ends it.", err=True)
    try:
        for _ in watch_paths(paths, ignored=shelf.folder):
            try:
                report = shelf.index(*paths)
            except LoadError as error:
                typer.echo(f"rag: {error}", err=True)
                continue
            skipped = [reason for source, reason in report.skipped.items() if told.get(source) != reason]
            told = report.skipped
            if not (report.added or report.updated or report.moved or report.removed or skipped):
                continue
            if as_json:
                _tell(report, shelf, as_json=True, indent=None)
            else:
                counts = f"{_summary(report)}; {report.chunks} chunks encoded in {report.seconds:.1f} s"
                typer.echo(f"{datetime.now():%H:%M:%S} {counts}")
                for reason in skipped:
                    typer.echo(f"rag: skipped {reason}", err=True)
    except KeyboardInterrupt:
        typer.echo("Stopped watching.", err=True)


def list_articles(library: LibraryFolder = None, as_json: AsJson = False) -> None:
    """Show the articles that the library holds.

    Example: rag list
    """
    shelf = Library.open(settings=Settings.read(library=library))
    counts = shelf.database.chunk_counts()
    rows = [
        {
            "document_id": document.id,
            "source": document.source,
            "title": document.title,
            "date": document.date,
            "author": document.author,
            "publisher": document.publisher,
            "part": document.part,
            "url": document.url,
            "language": document.language,
            "chunks": counts.get(document.id, 0),
            "characters": len(document.text),
        }
        for document in shelf.documents()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Date", no_wrap=True)
    table.add_column("Title", overflow="fold")
    table.add_column("File", overflow="fold")
    table.add_column("Chunks", justify="right")
    for row in rows:
        table.add_row(str(row["date"] or "–")[:10], str(row["title"]), str(row["source"]), str(row["chunks"]))
    Console().print(table)
    typer.echo(f"{len(rows)} articles in {shelf.folder}", err=True)


def remove_articles(
    patterns: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, folders or glob patterns.")],
    library: LibraryFolder = None,
    as_json: AsJson = False,
) -> None:
    """Take articles out of the library; the files themselves stay.

    An article whose file still lies in an indexed folder comes back with the next `rag index` of that folder.

    Examples: rag remove seeds/bread.md · rag remove 'drafts/*'
    """
    removed = Library.open(settings=Settings.read(library=library)).remove(*patterns)
    if as_json:
        print_json({"removed": removed})
        return
    for source in removed:
        typer.echo(f"removed {source}")


def _summary(report: IndexReport) -> str:
    """Return the counts of a report in words."""
    counts = {
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "duplicates": report.duplicates,
        "skipped": report.skipped,
    }
    return ", ".join(f"{len(sources)} {what}" for what, sources in counts.items() if sources) or "no article found"
