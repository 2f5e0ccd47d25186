// Takes an answer along: as text with its footnotes, or as one HTML file that needs nothing else.

import { about, appendSaid, element, join } from "./dom.js";
import { STATUSES } from "./statuses.js";

const heading = (citation) => join(citation.title, about(citation), citation.source);

export function asText(answer) {
  const onOneLine = (text) => text.replace(/\s+/g, " ");
  const notes = answer.citations.map((one) => `[${one.marker}] ${heading(one)}\n    “${onOneLine(one.quote)}”`);
  return [answer.question, answer.text, ...notes].join("\n\n") + "\n";
}

// Resolves to whether it was copied.
export async function copyAnswer(answer) {
  const text = asText(answer);
  if (!navigator.clipboard) return copyBySelection(text); // it is missing over plain HTTP from another machine
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => copyBySelection(text),
  );
}

function copyBySelection(text) {
  const field = element("textarea", { class: "hidden" });
  const focused = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return copied;
}

export function saveAnswer(answer) {
  const address = URL.createObjectURL(new Blob([asPage(answer)], { type: "text/html" }));
  const name = answer.question.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60).toLowerCase();
  element("a", { href: address, download: `${name || "answer"}.html` }).click();
  URL.revokeObjectURL(address);
}

// The nodes are made from text and the browser writes them out, escaped; none of them ever joins this page.
export function asPage(answer) {
  const said = element("div");
  const characters = [...answer.text]; // offsets count these, not UTF-16's units
  let end = 0;
  for (const sentence of answer.sentences.filter(({ start }) => start !== null)) {
    const status = STATUSES[sentence.status].name;
    const parts = sentence.text.split(/(\[\d+\])/);
    const text = parts.map((part) => (isMarker(part, sentence) ? link(part) : part));
    const before = characters.slice(end, sentence.start).join("");
    const note = element("small", {}, ` (${status.toLowerCase()}) `);
    appendSaid(said, before, element("span", { title: status }, ...text), note);
    end = sentence.end;
  }
  const notes = answer.citations.map((one) => {
    const note = element("li", { id: `note-${one.marker}`, value: one.marker });
    note.append(element("cite", {}, heading(one)), element("blockquote", {}, one.quote));
    return note;
  });
  const main = element("main", {}, element("h1", {}, answer.question), said);
  const made = `Written by ${answer.model} from the articles named here, and checked against them by Footnoted.`;
  main.append(element("ol", {}, ...notes), element("footer", {}, made));
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    element("title", {}, answer.question).outerHTML,
    `<style>${STYLE}</style></head><body>${main.outerHTML}</body></html>\n`,
  ].join("\n");
}

const isMarker = (part, sentence) => sentence.citations.some((marker) => part === `[${marker}]`);
const link = (marker) => element("a", { href: `#note-${marker.slice(1, -1)}` }, marker);

const STYLE = `:root { color-scheme: light dark; }
body { margin: 3rem auto; padding: 0 1.25rem; max-width: 38rem; overflow-wrap: anywhere; }
body { font: 1.125rem/1.6 Charter, "Bitstream Charter", Georgia, serif; }
h1 { font-size: 1.6rem; line-height: 1.25; }
ol { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid; font-size: .95rem; }
blockquote { margin: .2rem 0 1rem; } cite { font-style: normal; font-weight: 600; } a { text-decoration: none; }
small, footer { font: .8rem system-ui, sans-serif; opacity: .75; } :target { background: #f6e27a; color: #000; }`;
