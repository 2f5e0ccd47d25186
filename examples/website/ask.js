// A question box over your articles for any page:
//
//     <script src="ask.js" data-server="https://articles.example.org" data-key="KEY"></script>
//
// The box stands where the script does. The server must allow your site: rag serve --cors https://your.site.
// Whoever can read the page can read data-key: give it a read-only key, or leave it out where the server has none.
(() => {
  const script = document.currentScript;
  const server = script.dataset.server.replace(/\/$/, "");
  const headers = { "Content-Type": "application/json" };
  if (script.dataset.key) headers.Authorization = `Bearer ${script.dataset.key}`;
  const history = [];

  // What articles and models say is text, never markup: everything goes through textContent.
  const make = (tag, text = "", attributes = {}) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.textContent = text;
    return element;
  };

  const input = make("input", "", { name: "question", required: true, maxLength: 4000, placeholder: "Ask the articles" });
  input.setAttribute("aria-label", "Question");
  const form = make("form", "", { className: "footnoted" });
  form.append(input, make("button", "Ask"));
  const log = make("div", "", { className: "footnoted-answers" });
  log.setAttribute("aria-live", "polite");
  script.after(form, log);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = input.value.trim();
    if (!question || form.ariaBusy === "true") return;
    const answer = make("p", "…");
    log.append(make("h3", question), answer);
    form.ariaBusy = "true";
    try {
      await ask(question, answer);
      input.value = "";
    } catch (error) {
      answer.textContent = error.message;
    }
    form.ariaBusy = "false";
  });

  async function ask(question, answer) {
    const body = JSON.stringify({ question, history });
    const response = await fetch(`${server}/api/ask`, { method: "POST", headers, body });
    if (!response.ok) throw new Error((await response.json()).error.message);
    let draft = "";
    for await (const [name, data] of events(response.body)) {
      if (name === "queued") answer.textContent = `Waiting at place ${data.position} …`;
      if (name === "token") answer.textContent = draft += data.text;
      if (name === "error") throw new Error(data.error.message);
      if (name === "done") {
        answer.textContent = data.text;
        if (data.citations.length) answer.after(footnotes(data.citations));
        history.push({ question, answer: data.text });
      }
    }
  }

  function footnotes(citations) {
    const list = make("ol");
    for (const citation of citations) {
      const item = make("li", "", { value: citation.marker });
      item.append(make("q", citation.quote), make("cite", ` ${[citation.title, citation.date].filter(Boolean).join(", ")}`));
      list.append(item);
    }
    return list;
  }

  // Server-sent events by fetch, since EventSource can send neither a body nor a key.
  async function* events(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value.replace(/\r/g, "")).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = { event: "message", data: "" };
        for (const line of block.split("\n")) {
          const [, name, text] = line.match(/^(\w+): ?(.*)$/) ?? [];
          if (name === "event") fields.event = text;
          if (name === "data") fields.data += text;
        }
        if (fields.data) yield [fields.event, JSON.parse(fields.data)];
      }
    }
  }
})();
