"""Compare libraries that find the article of a web page, by the measure of the article extraction benchmark.

    python -m pip install readability-lxml resiliparse jusText boilerpy3 newspaper4k
    python benchmarks/extraction.py ../shared/eval > benchmarks/runs/extraction.txt

The pages are 61 of scrapinghub/article-extraction-benchmark. Precision and recall are those of a page's shingles of
four words, averaged over the pages; F1 is their harmonic mean, as published there, and mean F1 that of the pages.
"""

import importlib
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import mean

from rag.load import load_documents

SHINGLE = 4


def main(data: Path) -> None:
    """Print a row for each library and setting that is installed."""
    logging.disable(logging.CRITICAL)
    folder = data / "ingest" / "html-news"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    pages = {name: (folder / name).read_bytes() for name in expected}
    print(f"{'':44}     F1  mean F1  precision  recall  pages < .9  seconds   ({len(pages)} pages)")
    for name, extract in ways().items():
        start = time.perf_counter()
        texts = {page: extract(html) for page, html in pages.items()}
        seconds = time.perf_counter() - start
        scores = [precision_recall(texts[page], expected[page]) for page in pages]
        precision, recall = mean(score[0] for score in scores), mean(score[1] for score in scores)
        of_pages = [harmonic(*score) for score in scores]
        low = sum(figure < 0.9 for figure in of_pages)
        print(
            f"{name:44}  {harmonic(precision, recall):.3f}    {mean(of_pages):.3f}      {precision:.3f}   {recall:.3f}"
            f"  {low:10}  {seconds:7.1f}"
        )


def ways() -> dict[str, Callable[[bytes], str]]:
    """Return what turns a page into its article's text, by name; what is not installed is left out."""
    found: dict[str, Callable[[bytes], str]] = {
        "in use (trafilatura, without the headline)": lambda page: "\n".join(
            document.text for document in load_documents(page, "page.html")
        )
    }
    trafilatura = importlib.import_module("trafilatura")
    for setting in ({}, {"favor_precision": True}, {"favor_recall": True}, {"fast": True}, {"include_tables": False}):
        name = f"trafilatura {version('trafilatura')} {' '.join(f'{key}={value}' for key, value in setting.items())}"

        def extract(page: bytes, setting: dict[str, bool] = setting) -> str:
            return trafilatura.extract(page, include_comments=False, **setting) or ""

        found[name] = extract
    for package, build in OTHERS.items():
        try:
            found[f"{package} {version(package)}"] = build()
        except ImportError:
            print(f"{package} is not installed", file=sys.stderr)
    return found


def readability() -> Callable[[bytes], str]:
    """Return readability-lxml."""
    of = importlib.import_module("readability").Document
    parse = importlib.import_module("lxml.html").fromstring
    return lambda page: str(parse(of(page.decode(errors="replace")).summary()).text_content())


def resiliparse() -> Callable[[bytes], str]:
    """Return resiliparse's main content."""
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    parse = importlib.import_module("resiliparse.parse.html").HTMLTree.parse_from_bytes
    return lambda page: str(extract(parse(page), main_content=True))


def justext() -> Callable[[bytes], str]:
    """Return jusText with its English words."""
    module = importlib.import_module("justext")
    words = module.get_stoplist("English")
    return lambda page: "\n".join(part.text for part in module.justext(page, words) if not part.is_boilerplate)


def boilerpy() -> Callable[[bytes], str]:
    """Return boilerpipe's rules for articles."""
    extractor = importlib.import_module("boilerpy3.extractors").ArticleExtractor(raise_on_failure=False)
    return lambda page: str(extractor.get_content(page.decode(errors="replace")))


def newspaper() -> Callable[[bytes], str]:
    """Return newspaper4k; where it raises, it has found nothing."""
    module = importlib.import_module("newspaper")

    def extract(page: bytes) -> str:
        article = module.Article("", fetch_images=False)
        article.download(input_html=page.decode(errors="replace"))
        try:
            article.parse()
        except (ValueError, ImportError):  # a page in Japanese asks for a further package
            return ""
        return str(article.text)

    return extract


OTHERS: dict[str, Callable[[], Callable[[bytes], str]]] = {
    "readability-lxml": readability,
    "resiliparse": resiliparse,
    "jusText": justext,
    "boilerpy3": boilerpy,
    "newspaper4k": newspaper,
}


def precision_recall(found: str, expected: str) -> tuple[float, float]:
    """Compare two texts by their shingles; two empty ones are the same."""
    of_found, of_expected = shingles(found), shingles(expected)
    if of_found == of_expected:
        return 1.0, 1.0
    both = (of_found & of_expected).total()
    return both / max(of_found.total(), 1), both / max(of_expected.total(), 1)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the runs of four words; a shorter text is one."""
    words = re.findall(r"\w+", text)
    runs = [tuple(words[start : start + SHINGLE]) for start in range(max(1, len(words) - SHINGLE + 1))]
    return Counter(run for run in runs if run)


def harmonic(precision: float, recall: float) -> float:
    """Return F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
