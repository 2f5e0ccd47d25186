"""Which paragraphs of a Word document are headings, and how the items of its lists are numbered."""

import re
from collections import defaultdict

from lxml import etree

from rag.load.ooxml import attribute

HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def heading_levels(styles: etree._Element | None) -> dict[str | None, int]:
    """Return the level of each style that makes a paragraph a heading, from 1; the title has level 1."""
    found: dict[str | None, int] = {"Title": 1}
    based_on: dict[str | None, str | None] = {}
    for style in styles.iterfind("./{*}style") if styles is not None else ():
        key = attribute(style, "styleId")
        name = HEADING.fullmatch(attribute(style.find("./{*}name"), "val") or "")
        outline = attribute(style.find("./{*}pPr/{*}outlineLvl"), "val")
        based_on[key] = attribute(style.find("./{*}basedOn"), "val")
        if name:
            found[key] = int(name[1])
        elif outline and int(outline) < 9:
            found[key] = int(outline) + 1
    for style_id in based_on:
        ancestor, seen = based_on[style_id], {style_id}
        while ancestor in based_on and ancestor not in found and ancestor not in seen:
            seen.add(ancestor)
            ancestor = based_on[ancestor]
        if ancestor in found and ancestor != "Title":
            found.setdefault(style_id, found[ancestor])
    return found


class Numbering:
    """Counts the items of numbered lists, which Word numbers only when it shows them."""

    def __init__(self, root: etree._Element | None) -> None:
        self._lists: dict[str | None, str | None] = {}
        self._bullets: set[tuple[str | None, int]] = set()
        self._starts: dict[tuple[str | None, int], int] = {}
        self._counts: defaultdict[str | None, dict[int, int]] = defaultdict(dict)
        for element in root.iterfind("./{*}num") if root is not None else ():
            self._lists[attribute(element, "numId")] = attribute(element.find("./{*}abstractNumId"), "val")
        for level in root.iterfind("./{*}abstractNum/{*}lvl") if root is not None else ():
            key = attribute(level.getparent(), "abstractNumId"), int(attribute(level, "ilvl") or 0)
            self._starts[key] = int(attribute(level.find("./{*}start"), "val") or 1)
            if attribute(level.find("./{*}numFmt"), "val") in {"bullet", "none"}:
                self._bullets.add(key)

    def marker(self, paragraph: etree._Element) -> str | None:
        """Return what stands before an item, ``-`` or as ``3.``, None for a paragraph that is no item; counts on."""
        number = paragraph.find("./{*}pPr/{*}numPr")
        style = attribute(paragraph.find("./{*}pPr/{*}pStyle"), "val") or ""
        if number is None:
            return "-" if style.startswith("List") and style != "ListParagraph" else None
        name = attribute(number.find("./{*}numId"), "val")
        if name in {None, "0"}:  # 0 takes an item out of its list
            return None
        kind = self._lists.get(name)
        level = int(attribute(number.find("./{*}ilvl"), "val") or 0)
        if (kind, level) in self._bullets:
            return "-"
        counts = self._counts[kind]
        counts[level] = counts.get(level, self._starts.get((kind, level), 1) - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return f"{counts[level]}."
