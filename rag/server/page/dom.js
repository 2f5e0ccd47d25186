// Builds elements from text and nodes. There is no way to hand in markup, so what articles and models say stays text.

export const find = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  drawing.setAttribute("class", `icon ${name}`);
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

export const hidden = (text) => element("span", { class: "hidden" }, text);

// One line for those who cannot see what has changed.
export function announce(text) {
  find("status").textContent = text;
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

export const about = (item) => join(item.place, item.part, item.date, item.author, item.publisher);

export const join = (...parts) => parts.filter(Boolean).join(" · ");

// Puts a sentence where the text before it has it: "\n- " begins a point of a list, an empty line ends the list.
export function appendSaid(node, before, ...said) {
  const list = node.lastElementChild?.matches("ul") ? node.lastElementChild : null;
  if (before.endsWith("- ")) (list ?? node.appendChild(element("ul"))).append(element("li", {}, ...said));
  else if (list && before === " ") list.lastElementChild.append(" ", ...said);
  else node.append(before && " ", ...said);
}
