// The quote beside a footnote marker, on hover and on focus. It can be hovered, stays until the pointer or the focus
// leaves, and goes away with Escape, as WCAG 2.2 (1.4.13) asks.

import { find } from "./dom.js";

const GRACE = 200; // milliseconds to cross from the marker to the quote
const GAP = 8; // pixels
const box = find("tooltip");
let owner = null;
let leaving = 0;

export function describeWith(button, makeContent) {
  button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(button, makeContent));
  button.addEventListener("pointerleave", hideSoon);
  button.addEventListener("focus", () => button.matches(":focus-visible") && show(button, makeContent));
  button.addEventListener("blur", hide);
  button.addEventListener("click", hide);
}

function show(button, makeContent) {
  clearTimeout(leaving);
  if (owner === button) return;
  hide();
  owner = button;
  box.replaceChildren(...makeContent());
  box.hidden = false;
  button.setAttribute("aria-describedby", box.id);
  place(button.getBoundingClientRect());
}

function place(at) {
  const { offsetWidth: width, offsetHeight: height } = box;
  const above = at.top - height - GAP;
  const left = Math.min(at.left + at.width / 2 - width / 2, document.documentElement.clientWidth - width - GAP);
  box.style.left = `${Math.max(left, GAP) + scrollX}px`;
  box.style.top = `${(above < GAP ? at.bottom + GAP : above) + scrollY}px`;
}

function hide() {
  clearTimeout(leaving);
  owner?.removeAttribute("aria-describedby");
  owner = null;
  box.hidden = true;
}

function hideSoon() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, GRACE);
}

box.addEventListener("pointerenter", () => clearTimeout(leaving));
box.addEventListener("pointerleave", hideSoon);
// In the capturing phase: the Escape that closes the quote is not to close the panel too.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    hide();
    event.stopPropagation();
    event.preventDefault();
  },
  true,
);
