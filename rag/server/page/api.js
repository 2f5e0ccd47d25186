// Talks to the server: JSON, streams of events, uploads. A key that the server asks for is kept for this tab.

import { askForKey, forgetKey, knownKey } from "./key.js";

export class ServerError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

export async function getJson(path) {
  return (await request(path)).json();
}

export async function removeDocument(id) {
  await request(`api/documents/${encodeURIComponent(id)}`, { method: "DELETE" });
}

// Yields [name, data] for each event of the answer to a question.
export async function* streamAnswer(question, history, signal) {
  const response = await request("api/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ question, history }),
    signal,
  });
  for await (const [name, data] of readEvents(response.body)) {
    const content = JSON.parse(data);
    if (name === "error") throw new ServerError(content.error.message);
    yield [name, content];
  }
}

// XMLHttpRequest, since fetch does not tell how much of a body has been sent.
export async function uploadFile(file, onProgress) {
  for (;;) {
    const answer = await sendFile(file, onProgress);
    if (answer.status !== 401) return readUpload(answer);
    forgetKey();
    if (!(await askForKey())) throw new ServerError("Nothing is added without a key.", 401);
  }
}

function sendFile(file, onProgress) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const form = new FormData();
    form.append("files", file);
    sending.open("POST", "api/documents");
    if (knownKey()) sending.setRequestHeader("Authorization", `Bearer ${knownKey()}`);
    sending.upload.addEventListener("progress", (event) => onProgress(event.loaded / Math.max(event.total, 1)));
    sending.addEventListener("load", () => resolve(sending));
    sending.addEventListener("error", () => reject(new ServerError(UNREACHABLE)));
    sending.send(form);
  });
}

function readUpload(answer) {
  const content = readJson(answer.responseText);
  if (answer.status < 400) return content;
  throw new ServerError(content?.error?.message ?? `${answer.status} ${answer.statusText}`, answer.status);
}

export const BROKEN_OFF = "The answer broke off; the connection to the server was lost.";
const UNREACHABLE = "The server cannot be reached; is `rag serve` still running?";

async function request(path, options = {}) {
  for (;;) {
    const headers = { ...options.headers, ...(knownKey() && { Authorization: `Bearer ${knownKey()}` }) };
    const response = await fetch(path, { ...options, headers }).catch((error) => {
      throw error.name === "AbortError" ? error : new ServerError(UNREACHABLE);
    });
    if (response.ok) return response;
    if (response.status === 401) {
      forgetKey();
      if (await askForKey()) continue;
    }
    const said = readJson(await response.text())?.error?.message;
    throw new ServerError(said ?? `${response.status} ${response.statusText}`, response.status);
  }
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy on the way may answer with a page of its own
  }
}

async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new ServerError(BROKEN_OFF);
    });
    if (done) return;
    waiting += value;
    for (let end; (end = /\r?\n\r?\n/.exec(waiting)); waiting = waiting.slice(end.index + end[0].length)) {
      let name = "message";
      const data = [];
      for (const line of waiting.slice(0, end.index).split(/\r?\n/)) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
      if (data.length) yield [name, data.join("\n")];
    }
  }
}
