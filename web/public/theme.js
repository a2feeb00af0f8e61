// Runs before the first paint, so that a light page never flashes dark. Inline code is forbidden.
(() => {
  const kept = localStorage.getItem("theme");
  const isLight =
    kept === null ? matchMedia("(prefers-color-scheme: light)").matches : kept === "light";
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
})();
