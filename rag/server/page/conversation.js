// Asks questions one after the other, each with those before it, and shows the turns.

import { BROKEN_OFF, ServerError, streamAnswer } from "./api.js";
import { announce, find } from "./dom.js";
import { Turn } from "./turn.js";

const REMEMBERED = 10; // turns that are sent along; the server trims them to what its model can read

const form = find("ask");
const field = find("question");
let answered = [];
let asked = 0;
let running = null;

export function startConversation() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = field.value.trim();
    if (!question || running) return;
    field.value = "";
    ask(question);
  });
  field.addEventListener("keydown", (event) => {
    // While a word is being composed, as in Japanese, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  find("stop").addEventListener("click", () => running?.abort());
  find("new").addEventListener("click", forget);
}

async function ask(question) {
  const turn = new Turn(question, (asked += 1));
  const stopping = new AbortController();
  show(turn);
  setRunning(stopping);
  try {
    const events = streamAnswer(question, answered.slice(-REMEMBERED), stopping.signal);
    for await (const [name, event] of events) turn.take(name, event);
    if (!turn.answer) throw new ServerError(BROKEN_OFF);
    answered.push({ question, answer: turn.answer.text });
  } catch (error) {
    if (error.name === "AbortError") turn.stop();
    else turn.fail(error, () => askAgain(turn, question));
  } finally {
    if (running === stopping) setRunning(null);
  }
}

function askAgain(turn, question) {
  if (running) return;
  turn.node.remove();
  ask(question);
}

function show(turn) {
  find("welcome").hidden = true;
  find("new").hidden = false;
  find("conversation").append(turn.node);
  document.body.classList.add("talking");
  turn.node.scrollIntoView({ block: "start" });
}

function setRunning(stopping) {
  const hadFocus = [find("send"), find("stop")].includes(document.activeElement);
  running = stopping;
  find("send").hidden = Boolean(stopping);
  find("stop").hidden = !stopping;
  // A button that is hidden loses the focus to nowhere.
  if (hadFocus) find(stopping ? "stop" : "question").focus();
}

function forget() {
  running?.abort();
  setRunning(null);
  answered = [];
  find("conversation").replaceChildren();
  find("welcome").hidden = false;
  find("new").hidden = true;
  document.body.classList.remove("talking");
  field.focus();
  announce("A new conversation.");
}
