"""A folder of 1,000 hostile files: none takes the run down, none goes beyond its bounds, the library stays whole."""

import gzip
import io
import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import psutil
import pytest

from rag.doctor.finding import State
from rag.doctor.library import check_library
from rag.library import Library
from rag.load import LOADERS
from rag.settings import Settings

INGEST = Path(__file__).parents[2] / "shared" / "eval" / "ingest"
FILES = 1000
MOST_MEMORY = 1_000_000_000

PROSE = "The minister said on Friday that the talks had ended. Nobody knew why, and 1,200 people waited outside. "
HTML = f"<html><head><title>Talks</title></head><body><article><h1>Talks</h1>{f'<p>{PROSE}</p>' * 9}</article></body>"
FEED = f'<rss version="2.0"><channel><title>T</title><item><title>A</title><description>{PROSE}</description></item>'
MAIL = f"From: a@example.org\nSubject: Talks\nContent-Type: text/plain; charset=utf-8\n\n{PROSE * 9}\n"
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "lol">{ENTITIES}]><a><b>&e11;</b></a>'


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def nested(depth: int) -> bytes:
    data = zipped({"a.md": PROSE.encode()})
    for _ in range(depth):
        data = zipped({"a.zip": data, "b.zip": data})
    return data


def office(part: str, xml: str) -> bytes:
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{xml}</Types>'
    return zipped({"[Content_Types].xml": types.encode(), part: xml.encode(), "mimetype": b"application/epub+zip"})


SAMPLES: dict[str, bytes] = {
    ".md": f"---\ntitle: Talks\n---\n# Talks\n\n{PROSE * 20}".encode(),
    ".txt": (PROSE * 50).encode("utf-16"),
    ".html": HTML.encode(),
    ".xml": FEED.encode(),
    ".eml": MAIL.encode(),
    ".mbox": f"From a Mon Jan  1 00:00:00 2025\n{MAIL}".encode() * 3,
    ".json": json.dumps([{"title": "Talks", "text": PROSE * 3, "date": "2025-01-02"}] * 5).encode(),
    ".jsonl": (json.dumps({"title": "Talks", "text": PROSE}) + "\n").encode() * 9,
    ".csv": b"name,price\n" + b"bread,2\nbutter,3\n" * 99,
    ".gz": gzip.compress((PROSE * 50).encode()),
    ".zip": zipped({"a.md": PROSE.encode(), "b.html": HTML.encode(), "c.eml": MAIL.encode()}),
    ".docx": office("word/document.xml", f"<a>{PROSE}</a>"),
}

# Each would cost hours or gigabytes if it were read in good faith.
BOMBS: dict[str, Callable[[], bytes]] = {
    "zeros.zip": lambda: zipped({"a.txt": bytes(600_000_000)}),
    "zeros.gz": lambda: gzip.compress(bytes(600_000_000)),
    "zeros.docx": lambda: zipped({"word/document.xml": bytes(300_000_000), "[Content_Types].xml": b"<Types/>"}),
    "nested.zip": lambda: nested(12),
    "many.zip": lambda: zipped({f"{number}.md": b"x" for number in range(50_000)}),
    "entities.docx": lambda: office("word/document.xml", BOMB),
    "entities.odt": lambda: office("content.xml", BOMB),
    "entities.epub": lambda: office("META-INF/container.xml", BOMB),
    "entities.xlsx": lambda: office("xl/workbook.xml", BOMB),
    "entities.xml": lambda: BOMB.encode(),
    "entities.rss": lambda: BOMB.encode(),
    "entities.html": lambda: BOMB.encode(),
    "deep.html": lambda: b"<div>" * 300_000 + PROSE.encode(),
    "tables.html": lambda: b"<table><tr><td>" * 50_000 + PROSE.encode(),
    "deep.json": lambda: b"[" * 500_000,
    "deep.xml": lambda: b"<a>" * 300_000,
    "deep.md": lambda: b"> " * 100_000 + PROSE.encode(),
    "quotes.md": lambda: b'"' * 150_000 + PROSE.encode(),
    "fences.md": lambda: b"\n".join(b"`" * (3 + number % 500) for number in range(800)),
    "brackets.txt": lambda: b"(" * 199_000,
    "dots.txt": lambda: b". " * 99_000,
    "one-word.txt": lambda: b"a" * 199_000,
    "one-word-long.txt": lambda: b"a" * 5_000_000,
    "one-line.txt": lambda: PROSE.encode() * 20_000,
    "marks.txt": lambda: "\u0301".encode() * 60_000,
    "header.md": lambda: b"---\na: " + b"&a [" * 20_000 + b"\n---\n",
    "merge.md": lambda: (
        b"---\na: &a [x,x,x,x]\n"
        + b"".join(f"b{n}: &b{n} [{f'*b{n - 1},' * 9}x]\n".encode() if n else b"b0: &b0 [*a,*a]\n" for n in range(12))
        + b"---\nText."
    ),
    "cells.csv": lambda: b"1,2,3,4,5,6,7,8,9,10\n" * 100_000,
    "columns.csv": lambda: b"a," * 500_000,
    "parts.eml": lambda: (
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: message/rfc822\n\n" * 9_000
    ),
}


def samples() -> dict[str, list[bytes]]:
    """Return files of each suffix that has a loader, real ones where the public data are there."""
    found = {suffix: [data] for suffix, data in SAMPLES.items()}
    for path in sorted(INGEST.rglob("*.*")) if INGEST.is_dir() else []:
        if path.suffix in LOADERS and path.stat().st_size < 300_000 and "expected" not in path.name:
            found.setdefault(path.suffix, []).append(path.read_bytes())
    return found


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Cut, flip, overwrite, double or make up some bytes; those of a file within an archive in half of them."""
    if zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.5:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = chance.choice(sorted(name for name, held in members.items() if held))
        return zipped(members | {name: mutate(members[name], chance)})
    spoilt = bytearray(data)
    at = chance.randrange(len(data))
    match chance.randrange(7):
        case 0:
            return data[:at]
        case 1:
            return data[at:]
        case 2 | 3:
            for _ in range(chance.choice([1, 10, 200])):
                spoilt[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 4:
            spoilt[at : at + chance.randrange(200)] = chance.randbytes(chance.randrange(200))
        case 5:
            spoilt[at:at] = spoilt[: chance.randrange(min(len(data), 5000))] * chance.randrange(1, 9)
        case _:
            return data[:8] * chance.randrange(2) + chance.randbytes(chance.choice([1, 100, 20_000]))
    return bytes(spoilt)


def write_hostile(folder: Path, chance: random.Random) -> None:
    bombs = {name: make for name, make in BOMBS.items() if PurePath(name).suffix in LOADERS}
    for name, make in bombs.items():
        (folder / name).write_bytes(make())
    files, suffixes = samples(), sorted(LOADERS)
    everything = [data for group in files.values() for data in group]
    for number in range(FILES - len(bombs)):
        suffix = suffixes[number % len(suffixes)]
        # One in ten has the wrong extension.
        data = chance.choice(everything if chance.random() < 0.1 else files.get(suffix, everything))
        (folder / f"{number:04}{suffix}").write_bytes(mutate(data, chance))


def largest_process(process: subprocess.Popen[str]) -> Iterator[int]:
    """Yield the memory of the largest child of a process, until the process has ended."""
    top = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            yield max([child.memory_info().rss for child in top.children(recursive=True)], default=0)
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.02)


@pytest.mark.timeout(1200)
def test_none_of_a_thousand_hostile_files_does_harm(tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    write_hostile(folder, random.Random(7))
    (folder / "good.md").write_text("# Good\n\nThe good article is read whatever lies beside it.")
    command = [sys.executable, "-m", "rag.cli", "index", "hostile", "--encoder", "hashing", "--json"]
    with (
        (tmp_path / "report.json").open("w+") as report_file,
        (tmp_path / "errors.txt").open("w+") as errors,
        subprocess.Popen(command, cwd=tmp_path, stdout=report_file, stderr=errors, text=True) as process,
    ):
        largest = max(largest_process(process), default=0)
    assert process.returncode == 2
    report = json.loads((tmp_path / "report.json").read_text())
    lines = (tmp_path / "errors.txt").read_text().splitlines()
    assert largest < MOST_MEMORY
    # Each file is added, skipped with one line, or no article; files within archives have lines of their own.
    told = [*report["skipped"], *report["left_out"]]
    others = {source for source in told if "/" not in source.removeprefix("hostile/")}
    assert sorted([*report["added"], *others]) == sorted(f"hostile/{path.name}" for path in folder.iterdir())
    assert [line for line in lines if not line.startswith("rag: ") or not line.isprintable()] == []
    assert len(report["skipped"]) == sum(line.startswith("rag: skipped ") for line in lines)
    assert "hostile/good.md" in report["added"]
    library = Library.open(tmp_path / ".rag", Settings.read(encoder="hashing"))
    assert library.database.problems() == []
    assert [finding for finding in check_library(library) if finding.state is not State.OK] == []
    assert {document.source for document in library.documents()} == set(report["added"])
    # The second time it comes to the same.
    assert sorted(library.index(folder).unchanged) == sorted(report["added"])
