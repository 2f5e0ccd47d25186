// One question with its answer, from the first event of the stream to the last.

import { drawChecks, drawFootnotes, drawPassages, drawSentence } from "./answer.js";
import { announce, appendSaid, count, element, icon } from "./dom.js";
import { copyAnswer, saveAnswer } from "./keep.js";
import { explainRefusal } from "./statuses.js";

const NEAREST = 3; // passages that a refusal shows

export class Turn {
  constructor(question, number) {
    const title = `question-${number}`;
    this.understood = element("p", { class: "understood", hidden: true });
    this.progress = element("p", { class: "progress" });
    // The draft is for the eye: it may still be taken back. Only verified sentences are read out.
    this.verified = element("div", { class: "verified", "aria-live": "polite" });
    this.draft = element("span", { class: "draft", "aria-hidden": "true" });
    this.text = element("div", { class: "text", dir: "auto" }, this.verified, this.draft);
    this.rest = element("div", { class: "rest" });
    this.node = element(
      "article",
      { class: "turn", "aria-labelledby": title },
      element("h2", { id: title, class: "question" }, question),
      this.understood,
      this.progress,
      this.text,
      this.rest,
    );
    this.answer = null;
    this.say("Searching the articles …");
  }

  // Takes one event of the stream.
  take(name, event) {
    if (name === "queued") this.takeQueued(event);
    else if (name === "retrieved") this.takeRetrieved(event);
    else if (name === "token") this.draft.append(event.text);
    else if (name === "discarded") this.draft.textContent = "";
    else if (name === "sentence") this.takeSentence(event);
    else if (name === "done") this.finish(event);
  }

  takeQueued({ position }) {
    const before = position > 1 ? `${count(position - 1, "question")} before this one` : "this question is next";
    this.say(`Waiting; ${before} …`);
  }

  takeRetrieved({ question, rewritten, hits }) {
    if (rewritten) {
      this.understood.replaceChildren("Understood as: ", element("em", {}, question));
      this.understood.hidden = false;
    }
    this.say(`Reading ${count(hits.length, "passage")} …`);
  }

  takeSentence({ before, sentence, citations }) {
    this.draft.textContent = "";
    appendSaid(this.verified, before, drawSentence(sentence, citations));
  }

  finish(answer) {
    this.answer = answer;
    this.progress.remove();
    this.draft.remove();
    this.node.classList.toggle("refused", answer.refused);
    if (answer.refused) this.refuse(answer);
    else this.complete(answer);
    const complete = `The answer is complete, with ${count(answer.citations.length, "footnote")}.`;
    announce(answer.refused ? answer.text : complete);
  }

  complete(answer) {
    const actions = element("div", { class: "actions" }, this.copyButton(), this.saveButton());
    const model = answer.model.split(/[\\/]/).pop(); // a model may be named by the path of its file
    actions.append(element("span", { class: "note" }, `${model} · ${answer.timings.total.toFixed(1)} s`));
    this.rest.replaceChildren(drawChecks(answer.sentences), drawFootnotes(answer.citations), actions);
  }

  refuse(answer) {
    this.verified.replaceChildren(answer.text);
    this.rest.replaceChildren(element("p", { class: "reason" }, explainRefusal(answer.refusal_reason)));
    const { absent_words: absent, contradicted_words: contradicted } = answer.near_miss;
    if (absent.length) this.rest.append(element("p", { class: "reason" }, `In no article: ${absent.join(", ")}.`));
    if (answer.refusal_reason === "not_answered" && contradicted.length) {
      const said = `The closest sentence says otherwise: ${contradicted.join(", ")}.`;
      this.rest.append(element("p", { class: "reason" }, said));
    }
    if (answer.sentences.length) this.rest.append(drawChecks(answer.sentences));
    if (answer.hits.length) this.rest.append(drawPassages(answer.hits.slice(0, NEAREST)));
  }

  stop() {
    this.end("Stopped.");
  }

  fail(error, askAgain) {
    this.end(error.message, "caution");
    this.rest.append(element("button", { type: "button", click: askAgain }, "Ask again"));
  }

  // What was verified before an answer broke off stays; what was not goes.
  end(message, kind = "note") {
    this.progress.remove();
    this.draft.remove();
    this.rest.replaceChildren(element("p", { class: kind }, message));
    announce(message);
  }

  say(message) {
    this.progress.textContent = message;
    announce(message);
  }

  copyButton() {
    const label = element("span", {}, "Copy");
    const copy = async () => {
      const copied = await copyAnswer(this.answer);
      label.textContent = copied ? "Copied" : "Could not copy";
      announce(label.textContent);
      setTimeout(() => label.replaceChildren("Copy"), 2000);
    };
    return element("button", { type: "button", class: "quiet", click: copy }, icon("copy"), label);
  }

  saveButton() {
    const save = () => saveAnswer(this.answer);
    return element("button", { type: "button", class: "quiet", click: save }, icon("save"), "Save as HTML");
  }
}
