// The list of articles: searched, opened, removed.

import { getJson, removeDocument } from "./api.js";
import { about, announce, count, element, find, icon } from "./dom.js";
import { isShown, openPanel } from "./panel.js";
import { openSource } from "./source.js";

const SHOWN = 200; // a longer list is to be searched, not scrolled
const PAUSE = 150; // milliseconds without a key before a search

let latest = 0;
let total = 0; // of all articles, whatever is searched for
let pausing = 0;

export function startArticles() {
  find("show-articles").addEventListener("click", (event) => showArticles(event.currentTarget));
  find("first-articles").addEventListener("click", (event) => openPanel("articles", event.currentTarget));
  find("back").addEventListener("click", () => openPanel("articles"));
  find("find").addEventListener("input", () => {
    clearTimeout(pausing);
    pausing = setTimeout(listArticles, PAUSE);
  });
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

export async function listArticles() {
  const turn = (latest += 1);
  const words = find("find").value.trim();
  try {
    const { documents } = await getJson(words ? `api/documents?q=${encodeURIComponent(words)}` : "api/documents");
    if (turn === latest) show(documents, words);
  } catch (error) {
    if (turn === latest) find("found").textContent = error.message;
  }
}

function show(documents, words) {
  if (!words) showTotal(documents.length);
  find("found").textContent = summarise(documents.length, words);
  find("list").replaceChildren(...documents.slice(0, SHOWN).map(drawArticle));
}

function showTotal(number) {
  total = number;
  find("article-count").textContent = total.toLocaleString("en");
  find("empty").hidden = total > 0;
}

function summarise(number, words) {
  if (number === 0 && words) return `No article matches “${words}”.`;
  if (number === 0) return "There are no articles yet; add some to ask about them.";
  const more = number > SHOWN ? `; the first ${SHOWN} are shown, search for others` : "";
  return `${count(number, "article")}${words ? ` for “${words}”` : ""}${more}`;
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
    showTotal(total - (await removeDocument(article.document_id)));
    announce(`Removed ${article.title}.`);
  } catch (error) {
    find("upload-done").replaceChildren(element("p", { class: "caution" }, error.message));
  }
  await listArticles();
  // The button that had the focus is gone.
  find("articles-title").focus({ preventScroll: true });
}
