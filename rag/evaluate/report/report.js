"use strict";
// Hides the rows of the table that do not match the filters; the page can be read in full without this script.
const form = document.getElementById("filters");
const rows = [...document.querySelectorAll("table.cases > tbody")];
const texts = rows.map((row) => row.textContent.toLowerCase());

function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  const words = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
  delete wanted.words;
  let shown = 0;
  rows.forEach((row, place) => {
    const chosen = Object.entries(wanted).every(
      ([name, value]) => !value || (row.dataset[name] || "").split("\n").includes(value));
    row.hidden = !(chosen && words.every((word) => texts[place].includes(word)));
    shown += row.hidden ? 0 : 1;
  });
  form.querySelector("output").textContent = `${shown} of ${rows.length} shown`;
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply));
document.getElementById("open").addEventListener("click", () => {
  const details = rows.filter((row) => !row.hidden).map((row) => row.querySelector("details"));
  const open = !details.every((one) => one.open);
  details.forEach((one) => { one.open = open; });
});
apply();
