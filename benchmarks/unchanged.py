"""How long `rag index` takes where nothing has changed: the whole command, of 10,000 articles, five times.

python benchmarks/unchanged.py FOLDER [ENCODER]
"""

import subprocess
import sys
import time
from pathlib import Path

from rag.library import Library
from rag.settings import Settings

FILES = 10_000
SENTENCE = "Article {0} tells of event {0}, which nobody expected. It is over now, and {1} people saw it."


def main(folder: Path, encoder: str = "hashing") -> None:
    for number in range(FILES):
        path = folder / "articles" / f"{number // 100:02}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"# Event {number}\n\n" + SENTENCE.format(number, number * 7))
    library = Library.open(settings=Settings.read(library=folder / ".rag", encoder=encoder))
    report = library.index(folder / "articles")
    print(f"{FILES} files, encoder {library.encoder.name}; made in {report.seconds:.1f} s")
    library.close()
    command = [sys.executable, "-m", "rag.cli", "index", str(folder / "articles"), "-l", str(folder / ".rag")]
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{time.perf_counter() - began:.2f} s  {done.stdout.split(', in ')[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
