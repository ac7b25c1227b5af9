// Light or dark before the first paint: what was chosen here, else what the system prefers.
(function () {
  var chosen = null;
  try { chosen = localStorage.getItem("lockgate-theme"); } catch (error) { /* storage is switched off */ }
  var dark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
})();
