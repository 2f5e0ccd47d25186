// Not a module: it runs before the first paint, so that a chosen theme does not flash in the other one.
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);

  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return; // an article's own page follows the choice, and has none to offer
    const show = () => button.setAttribute("aria-pressed", isDark());
    button.addEventListener("click", () => {
      const dark = !isDark();
      // Choosing what the system prefers is to follow the system again.
      if (dark === prefersDark.matches) {
        delete root.dataset.theme;
        localStorage.removeItem("theme");
      } else {
        root.dataset.theme = dark ? "dark" : "light";
        localStorage.setItem("theme", root.dataset.theme);
      }
      show();
    });
    prefersDark.addEventListener("change", show);
    show();
  });
})();
