// The panel beside the conversation. Where there is room it stands there as a part of the page; on a small screen it
// is a sheet that holds the focus until it is closed.

import { find } from "./dom.js";

const panel = find("panel");
const views = { articles: find("articles"), source: find("source") };
const roomy = matchMedia("(min-width: 64rem)");
let opener = null;

export const isShown = (name) => panel.open && !views[name].hidden;

// Shows a view; closing the panel gives the focus back to what it was opened from.
export function openPanel(name, from = null) {
  if (from && !panel.contains(from)) opener = from;
  for (const [key, view] of Object.entries(views)) view.hidden = key !== name;
  panel.setAttribute("aria-labelledby", `${name}-title`);
  if (!panel.open) open();
  find(`${name}-title`).focus({ preventScroll: true });
  tell();
}

export function closePanel() {
  if (!panel.open) return;
  const hadFocus = panel.contains(document.activeElement); // else somebody is typing, and goes on where they are
  const typing = document.activeElement;
  panel.close();
  tell();
  if (!hadFocus) typing.focus({ preventScroll: true });
  else if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
}

function open() {
  if (roomy.matches) panel.show();
  else panel.showModal();
}

function tell() {
  find("show-articles").setAttribute("aria-expanded", isShown("articles"));
}

for (const button of panel.querySelectorAll("[data-close]")) button.addEventListener("click", closePanel);
panel.addEventListener("cancel", (event) => {
  event.preventDefault();
  closePanel();
});
// A dialog that is not modal does not hear Escape by itself.
document.addEventListener("keydown", (event) => {
  const elsewhere = document.querySelector("dialog.small[open]");
  if (event.key === "Escape" && !elsewhere && !event.defaultPrevented) closePanel();
});
// A click beside the sheet, on what lies dimmed behind it, has the dialog itself as its target.
panel.addEventListener("click", (event) => {
  const { left, right, top, bottom } = panel.getBoundingClientRect();
  const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
  if (event.target === panel && !inside) closePanel();
});
roomy.addEventListener("change", () => {
  if (!panel.open) return;
  panel.close();
  open();
});
