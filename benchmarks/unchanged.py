"""How long `rag index` takes where none of 10,000 articles has changed: the whole command, five times.

    python benchmarks/unchanged.py FOLDER [ENCODER] > benchmarks/runs/unchanged.txt

The first time, the folder is filled and indexed, which takes minutes with a real encoder.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from rag.library import Library
from rag.settings import Settings

FILES = 10_000
SENTENCE = "Article {0} tells of event {0}, which nobody expected. It is over now, and {1} people saw it."


def main(folder: Path, encoder: str = "all-MiniLM-L6-v2") -> None:
    for number in range(FILES):
        path = folder / "articles" / f"{number // 100:02}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"# Event {number}\n\n" + SENTENCE.format(number, number * 7))
    library = Library.open(settings=Settings.read(library=folder / ".rag", encoder=encoder))
    library.index(folder / "articles")
    print(f"{len(library.database.files()):,} articles, encoder {library.encoder.name}, {os.cpu_count()} cores")
    library.close()
    command = [sys.executable, "-m", "rag.cli", "index", str(folder / "articles"), "-l", str(folder / ".rag")]
    for _ in range(5):
        busy, began = os.times(), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        spent, now = time.perf_counter() - began, os.times()
        processor = now.children_user - busy.children_user + now.children_system - busy.children_system
        load = os.getloadavg()[0]
        print(f"{spent:.2f} s, {processor:.2f} s of a processor (load {load:.1f}): {done.stdout.split(', in ')[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
