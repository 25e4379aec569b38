// Runs before anything is painted, so that the page never flashes in the other look. A classic script on purpose.
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try {
      return localStorage.getItem("tidemark-theme");
    } catch (error) {
      return null; // storage may be forbidden; then the system decides
    }
  }
  function apply() {
    root.setAttribute("data-bs-theme", chosen() || (system.matches ? "dark" : "light"));
  }
  apply();
  system.addEventListener("change", apply);
})();
