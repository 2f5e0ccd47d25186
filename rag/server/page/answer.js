// Draws what an answer consists of: sentences with their markers, footnotes, the outcome of the checks, passages.

import { about, element, hidden, icon } from "./dom.js";
import { openSource } from "./source.js";
import { REPLACED, STATUSES, explainCheck } from "./statuses.js";
import { describeWith } from "./tooltip.js";

const LONG_WORD = 24; // letters; a longer word may be parted from its marker

// The server puts a sentence's own markers behind its words, "… in Tokyo [1][2] (as of 2 May 2025)."; they are drawn by
// themselves. An article may have "[1]" among its words, so the last ones count.
export const plainText = ({ text, citations }) => {
  const markers = ` ${citations.map((marker) => `[${marker}]`).join("")}`;
  const place = citations.length ? text.lastIndexOf(markers) : -1;
  return place < 0 ? text : text.slice(0, place) + text.slice(place + markers.length);
};

export function drawSentence(sentence, citations) {
  const status = STATUSES[sentence.status];
  const text = plainText(sentence);
  const cut = text.lastIndexOf(" ") + 1;
  const cited = sentence.citations.map((marker) => citations.find((one) => one.marker === marker));
  const markers = cited.map((citation) => drawMarker(citation, status));
  const shape = element("span", { class: `shape ${sentence.status}`, title: status.name }, icon(sentence.status));
  const last = element("span", { class: text.length - cut < LONG_WORD ? "together" : "" });
  last.append(text.slice(cut), ...markers, shape, hidden(` (${status.name.toLowerCase()})`));
  const said = element("span", { class: "said" }, text.slice(0, cut));
  return element("span", { class: `sentence ${sentence.status}` }, said, last);
}

function drawMarker(citation, status) {
  const open = (event) => openCitation(citation, event.currentTarget);
  const name = [hidden("Footnote "), String(citation.marker)];
  const marker = element("button", { type: "button", class: "marker", click: open }, ...name);
  describeWith(marker, () => [
    element("strong", {}, citation.title),
    element("q", {}, citation.quote),
    element("span", { class: "note" }, `${status.name}. ${status.meaning}`),
  ]);
  return marker;
}

function openCitation(citation, from) {
  openSource(citation.document_id, citation.title, citation, from);
}

export function drawFootnotes(citations) {
  const notes = citations.map((citation) => {
    const open = (event) => openCitation(citation, event.currentTarget);
    const button = element("button", { type: "button", class: "link", click: open }, citation.title);
    const said = about(citation) && ` · ${about(citation)}`;
    const quote = element("q", { dir: "auto" }, citation.quote);
    return element("li", { value: citation.marker }, quote, element("p", { class: "note" }, button, said));
  });
  return element("ol", { class: "footnotes", "aria-label": "Footnotes" }, ...notes);
}

// At a glance how many sentences have which status; opened, what each check found.
// What is not said has been left out, however much of it is borne.
const shownStatus = (sentence) => (sentence.start === null ? "unsupported" : sentence.status);

export function drawChecks(sentences) {
  const glance = Object.entries(STATUSES).flatMap(([status, { name }]) => {
    const number = sentences.filter((sentence) => shownStatus(sentence) === status).length;
    if (!number) return [];
    return [element("span", { class: `tally ${status}` }, icon(status), `${number} ${name.toLowerCase()}`)];
  });
  const rows = sentences.map((sentence) => {
    const status = shownStatus(sentence);
    const name = STATUSES[status].name;
    const meaning = sentence.start === null && sentence.status === "partial" ? REPLACED : STATUSES[status].meaning;
    const checks = Object.entries(sentence.checks).map(([check, passed]) =>
      element("li", {}, icon(passed ? "supported" : "unsupported"), explainCheck(check, passed)),
    );
    return element(
      "li",
      { class: status },
      element("p", { class: "claim" }, plainText(sentence)),
      element("p", {}, icon(status), element("strong", {}, name), ` · ${meaning}`),
      element("ul", {}, ...checks),
    );
  });
  return element("details", { class: "checks" }, element("summary", {}, ...glance), element("ul", {}, ...rows));
}

export function drawPassages(hits) {
  const passages = hits.map((hit) => {
    const open = (event) => openSource(hit.document_id, hit.title, { ...hit, quote: hit.text }, event.currentTarget);
    const title = element("button", { type: "button", class: "link", click: open }, hit.title);
    const text = element("p", { class: "clamped", dir: "auto" }, hit.text);
    return element("li", {}, text, element("p", { class: "note" }, title, hit.date && ` · ${hit.date}`));
  });
  const heading = element("h3", {}, hits.length === 1 ? "The nearest passage" : "The nearest passages");
  return element("section", { class: "passages" }, heading, element("ul", {}, ...passages));
}
