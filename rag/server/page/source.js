// One article in the panel, with the cited words marked and scrolled to.

import { getJson } from "./api.js";
import { about, element, find, join } from "./dom.js";
import { knownKey } from "./key.js";
import { openPanel } from "./panel.js";

let latest = 0; // of two articles asked for quickly, the one asked for last is shown

// `span` is {start, end, quote} or null; the offsets count code points, as the server's do.
export async function openSource(id, title, span, from) {
  const turn = (latest += 1);
  fill(title, "", "");
  find("source-text").setAttribute("aria-busy", "true");
  openPanel("source", from);
  try {
    const article = await getJson(`api/documents/${encodeURIComponent(id)}`);
    if (turn === latest) show(id, article, span);
  } catch (error) {
    if (turn === latest) fill(title, "", error.status === 404 ? GONE : error.message, span?.quote);
  }
}

const GONE = "This article is no longer in the library. These words were cited from it:";
const CHANGED = "This article has changed since it was cited. These words were cited:";

function show(id, article, span) {
  const place = span && locate(article.text, span);
  const line = join(about(article), article.source);
  if (span && !place) fill(article.title, line, CHANGED, span.quote);
  else fill(article.title, line, "");
  find("source-text").lang = article.language ?? "";
  find("source-text").append(...layOut(article.text, place));
  const offsets = place ? `?start=${span.start}&end=${span.end}#quote` : "";
  find("away").href = `documents/${encodeURIComponent(id)}${offsets}`;
  find("away").hidden = knownKey() !== null; // a link cannot carry the key
  const mark = find("source-text").querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center" });
  else find("source-text").parentElement.scrollTop = 0;
}

function fill(title, line, note, quote = "") {
  find("source-title").textContent = title;
  find("source-about").textContent = line;
  find("source-note").textContent = note;
  find("source-note").hidden = !note;
  find("source-text").removeAttribute("aria-busy");
  find("source-text").replaceChildren(...(quote ? [element("blockquote", {}, quote)] : []));
  find("away").hidden = true;
}

// Where the quoted words stand, as offsets of JavaScript, which count an emoji twice; null where they do not.
function locate(text, { start, end, quote }) {
  const points = Array.from(text);
  const from = points.slice(0, start).join("").length;
  const to = from + points.slice(start, end).join("").length;
  return text.slice(from, to) === quote ? { from, to } : null;
}

// Paragraphs of the article; what lies between `from` and `to` is marked, in each paragraph that it touches.
function layOut(text, place) {
  const paragraphs = [];
  for (const match of text.matchAll(/\S(?:.|\n(?![^\S\n]*\n))*/g)) {
    const [said] = match;
    const from = Math.max((place?.from ?? 0) - match.index, 0);
    const to = Math.min((place?.to ?? 0) - match.index, said.length);
    const marked = from < to ? element("mark", {}, said.slice(from, to)) : "";
    const parts = marked ? [said.slice(0, from), marked, said.slice(to)] : [said];
    paragraphs.push(element("p", { dir: "auto" }, ...parts));
  }
  return paragraphs;
}
