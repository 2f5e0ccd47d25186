"""What the formats of Microsoft Office share: parts that refer to each other, properties, tables, charts.

Elements go by their local names, so that files of the strict standard, whose namespaces are others, read the same.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree

from rag.errors import LoadError
from rag.load.dates import iso_date
from rag.load.package import Package
from rag.load.table import sentences_of_rows

CHARTS = {
    "areaChart",
    "barChart",
    "bubbleChart",
    "doughnutChart",
    "lineChart",
    "pieChart",
    "radarChart",
    "scatterChart",
}


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Return the value of an attribute by its local name."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def references(package: Package, part: str) -> dict[str, str]:
    """Return the names of the parts that a part refers to, by their ids; the package's own for an empty name."""
    folder, name = posixpath.split(part)
    root = package.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
    found = {}
    for reference in root if root is not None else ():
        target = unquote(reference.get("Target", ""))
        if reference.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[reference.get("Id", "")] = path
    return found


def main_part(package: Package, root_name: str) -> tuple[str, etree._Element]:
    """Return the name and root of the part that the file is about; raises LoadError where there is none."""
    for name in references(package, "").values():
        if name.endswith(".xml"):
            root = package.xml(name)
            if root is not None and local_name(root) == root_name:
                return name, root
    raise LoadError(f"{package.source}: damaged, its main part is missing; save it again.")


def office_metadata(package: Package) -> dict[str, str]:
    """Return title, author and date from a file's properties."""
    root = package.xml("docProps/core.xml")
    said = {local_name(child): child.text.strip() for child in root if child.text} if root is not None else {}
    metadata = {"title": said.get("title", ""), "author": said.get("creator", "")}
    if date := said.get("created") or said.get("modified"):
        metadata |= {"date": iso_date(date), "date_from": "document properties"}
    return metadata


def chart_sentences(root: etree._Element) -> Iterator[str]:
    """Yield a chart's kind and title, then a sentence for each of its categories."""
    kind = next((name for child in root.iter("{*}*") if (name := local_name(child)) in CHARTS), "chart")
    title = root.find(".//{*}chart/{*}title")
    words = "".join(title.itertext("{*}t")).strip() if title is not None else ""
    yield kind.replace("Chart", " chart").capitalize() + (f": {words}" if words else "")
    names = [""]
    columns: list[dict[int, str]] = [{}]
    for series in root.iterfind(".//{*}ser"):
        names.append(" ".join(series.xpath("./*[local-name()='tx']//*[local-name()='v']/text()")))
        columns[0] = columns[0] or _points(series, "cat") or _points(series, "xVal")
        columns.append(_points(series, "val") or _points(series, "yVal"))
    rows = [[column.get(row, "") for column in columns] for row in sorted(set().union(*columns))]
    yield from sentences_of_rows([names, *rows], has_header=True)


def _points(series: etree._Element, name: str) -> dict[int, str]:
    return {
        int(point.get("idx", "0")): _shortened("".join(point.itertext("{*}v")))
        for point in series.iterfind(f"./{{*}}{name}//{{*}}pt")
    }


def _shortened(value: str) -> str:
    """Write a number as people do: what is stored for 4.4 is 4.4000000000000004."""
    try:
        return f"{float(value):.12g}"
    except ValueError:
        return value
