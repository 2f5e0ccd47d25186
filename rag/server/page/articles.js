// The list of articles: searched, opened, removed.

import { getJson, removeDocument } from "./api.js";
import { about, announce, count, element, find, icon } from "./dom.js";
import { isShown, openPanel } from "./panel.js";
import { openSource } from "./source.js";

const SHOWN = 200; // articles at a time
const PAUSE = 150; // milliseconds without a key before a search

let latest = 0;
let pausing = 0;

export function startArticles() {
  find("show-articles").addEventListener("click", (event) => showArticles(event.currentTarget));
  find("first-articles").addEventListener("click", (event) => openPanel("articles", event.currentTarget));
  find("back").addEventListener("click", () => openPanel("articles"));
  find("find").addEventListener("input", () => {
    clearTimeout(pausing);
    pausing = setTimeout(listArticles, PAUSE);
  });
  find("more").addEventListener("click", () => listFrom(find("list").children.length));
  startList();
}

async function startList() {
  // One request first, so that a server that wants a key asks for it once.
  try {
    const rights = await getJson("api/me");
    document.body.classList.toggle("read-only", rights.read_only);
    await listArticles();
  } catch (error) {
    find("found").textContent = error.message;
  }
}

function showArticles(from) {
  if (isShown("articles")) return find("articles").querySelector("[data-close]").click();
  openPanel("articles", from);
}

export const listArticles = () => listFrom(0);

async function listFrom(offset) {
  const turn = (latest += 1);
  const words = find("find").value.trim();
  try {
    const { documents, total } = await getArticles(words, SHOWN, offset);
    if (turn === latest) show(documents, total, words, offset);
  } catch (error) {
    if (turn === latest) find("found").textContent = error.message;
  }
}

const getArticles = (q, limit, offset = 0) => getJson(`api/documents?${new URLSearchParams({ q, limit, offset })}`);

function show(documents, total, words, offset) {
  const list = find("list");
  const entries = documents.map(drawArticle);
  if (offset) list.append(...entries);
  else list.replaceChildren(...entries);
  if (!words) showTotal(total);
  find("found").textContent = summarise(total, list.children.length, words);
  // Before the button goes, so that the focus stays in the list.
  if (offset) entries[0]?.querySelector(".entry").focus();
  find("more").hidden = list.children.length >= total || !entries.length;
}

function showTotal(total) {
  find("article-count").textContent = total.toLocaleString("en");
  find("empty").hidden = total > 0;
}

function summarise(total, shown, words) {
  if (total === 0 && words) return `No article matches “${words}”.`;
  if (total === 0) return "There are no articles yet; add some to ask about them.";
  const rest = shown < total ? `; ${shown.toLocaleString("en")} are shown` : "";
  return `${count(total, "article")}${words ? ` for “${words}”` : ""}${rest}`;
}

function drawArticle(article) {
  const open = (event) => openSource(article.document_id, article.title, null, event.currentTarget);
  const ask = () => confirmRemoval(article);
  const name = `Remove ${article.title}`;
  const remove = element("button", { type: "button", class: "quiet", "aria-label": name, click: ask }, icon("remove"));
  const lines = [
    element("span", { class: "link", dir: "auto" }, article.title),
    element("span", { class: "note" }, about(article)),
    element("span", { class: "file" }, article.source),
  ];
  const told = lines.filter((line) => line.textContent);
  const entry = element("button", { type: "button", class: "entry", click: open }, ...told);
  return element("li", {}, entry, remove);
}

function confirmRemoval(article) {
  const dialog = find("confirm");
  const others = article.part ? ", and neither will anything else in its file" : "";
  const { title, source } = article;
  find("confirm-text").textContent = `“${title}” will no longer be searched or cited${others}: ${source}`;
  dialog.returnValue = "keep";
  dialog.addEventListener("close", () => dialog.returnValue === "remove" && removeArticle(article), { once: true });
  dialog.showModal();
}

async function removeArticle(article) {
  try {
    await removeDocument(article.document_id);
    showTotal((await getArticles("", 1)).total);
    announce(`Removed ${article.title}.`);
  } catch (error) {
    find("upload-done").replaceChildren(element("p", { class: "caution" }, error.message));
  }
  await listArticles();
  // The button that had the focus is gone.
  find("articles-title").focus({ preventScroll: true });
}
