// Adds files: chosen, or dropped anywhere on the page. They go one by one, so that each tells how it fared.

import { uploadFile } from "./api.js";
import { listArticles } from "./articles.js";
import { count, element, find } from "./dom.js";
import { openPanel } from "./panel.js";

const waiting = [];
let total = 0;
let busy = false;

export function startUpload() {
  const chooser = find("files");
  find("choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    add(chooser.files);
    chooser.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", async (event) => {
    document.body.classList.remove("dropping");
    if (!bringsFiles(event)) return;
    event.preventDefault();
    add(await readDropped(event.dataTransfer));
  });
}

// What is dropped may be folders. Their entries have to be taken before the event is over.
async function readDropped(dropped) {
  const entries = Array.from(dropped.items, (item) => item.webkitGetAsEntry() ?? item.getAsFile());
  return (await Promise.all(entries.map(readEntry))).flat();
}

async function readEntry(entry) {
  if (entry instanceof File) return [entry];
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  // A folder is listed a hundred entries at a time, until there are none left.
  const readSome = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let some = await readSome(); some.length; some = await readSome()) found.push(...some);
  return (await Promise.all(found.filter((one) => !one.name.startsWith(".")).map(readEntry))).flat();
}

const bringsFiles = (event) => event.dataTransfer?.types.includes("Files");

async function add(files) {
  waiting.push(...files);
  total += files.length;
  openPanel("articles", find("show-articles"));
  if (busy || !waiting.length) return;
  busy = true;
  const outcome = { added: 0, updated: 0, unchanged: 0, problems: [] };
  find("upload").hidden = false;
  find("upload-done").replaceChildren();
  while (waiting.length) await send(waiting.shift(), outcome);
  find("upload").hidden = true;
  find("upload-done").replaceChildren(...drawOutcome(outcome));
  busy = false;
  total = 0;
  find("find").value = ""; // or what was added might not be seen
  listArticles();
}

async function send(file, outcome) {
  const place = total - waiting.length;
  const bar = find("upload-progress");
  const say = (doing) => (find("upload-now").textContent = `${doing} ${file.name} (${place} of ${total}) …`);
  const progress = (share) => {
    // Sending is half of the work; the other half, reading and indexing, is the server's.
    bar.value = (place - 1 + share / 2) / total;
    say(share < 1 ? "Sending" : "Indexing");
  };
  progress(0);
  try {
    const report = await uploadFile(file, progress);
    for (const key of ["added", "updated", "unchanged"]) outcome[key] += report[key].length;
    outcome.problems.push(...Object.values(report.skipped));
  } catch (error) {
    outcome.problems.push(error.message.includes(file.name) ? error.message : `${file.name}: ${error.message}`);
  }
  bar.value = place / total;
}

function drawOutcome({ added, updated, unchanged, problems }) {
  const done = [
    added && `${count(added, "article")} added`,
    updated && `${updated} updated`,
    unchanged && `${unchanged} unchanged`,
    problems.length && `${problems.length} not added`,
  ].filter(Boolean);
  return [
    element("p", { class: "note" }, `${done.join(", ")}.`),
    element("ul", { class: "problems" }, ...problems.map((problem) => element("li", { class: "caution" }, problem))),
  ];
}
