// The switch between the dark and the light look, and a language switch that loses nothing that was typed.
const KEPT = "tidemark-typed";
const root = document.documentElement;

function storage(act) {
  try {
    return act();
  } catch {
    return null; // storage may be forbidden or full; the page works without it
  }
}

function label(button) {
  const isDark = root.dataset.bsTheme === "dark";
  button.setAttribute("aria-label", isDark ? button.dataset.light : button.dataset.dark);
  button.title = button.getAttribute("aria-label");
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  label(button);
  button.addEventListener("click", () => {
    const wanted = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = wanted;
    storage(() => localStorage.setItem("tidemark-theme", wanted));
    label(button);
  });
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

function typedFields() {
  const fields = document.querySelectorAll("main input[name], main textarea[name], main select[name]");
  return [...fields].filter((field) => !["hidden", "password", "file"].includes(field.type));
}

for (const form of document.querySelectorAll(".language-switch")) {
  form.addEventListener("submit", () => {
    const typed = typedFields().map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
    storage(() => sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, typed })));
  });
}

const kept = storage(() => JSON.parse(sessionStorage.getItem(KEPT)));
storage(() => sessionStorage.removeItem(KEPT));
if (kept?.path === location.pathname) {
  const values = new Map(kept.typed);
  for (const field of typedFields()) {
    if (!values.has(field.name)) continue;
    if (field.type === "checkbox") field.checked = values.get(field.name) === true;
    else if (field.type !== "radio") field.value = values.get(field.name);
  }
}
