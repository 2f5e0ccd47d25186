// The key of a server that is not open to everybody: asked for once, kept until the tab is closed.

import { find } from "./dom.js";

const PLACE = "footnoted-key";
let asking = null;

export const knownKey = () => sessionStorage.getItem(PLACE);

export const forgetKey = () => sessionStorage.removeItem(PLACE);

find("key-cancel").addEventListener("click", () => find("key").close("cancel"));

// Resolves to whether a key was given. Requests that are refused at the same time share one question.
export function askForKey() {
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}

function ask() {
  const dialog = find("key");
  const field = find("key-value");
  field.value = "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  field.focus();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        const given = dialog.returnValue === "use" && field.value.trim() !== "";
        if (given) sessionStorage.setItem(PLACE, field.value.trim());
        field.value = "";
        resolve(given);
      },
      { once: true },
    );
  });
}
