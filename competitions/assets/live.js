// Says aloud what a watched submission has become, and shows it in the window's title. htmx does the fetching.
const announcer = document.getElementById("announcer");
const title = document.title;
const states = new Map();

function look(element) {
  const before = states.get(element.id);
  states.set(element.id, element.dataset.state);
  if (before !== undefined && before !== element.dataset.state) announcer.textContent = element.dataset.announce;
  if (element.id === "submission-state") {
    document.title = element.dataset.title ? `(${element.dataset.title}) ${title}` : title;
  }
}

function lookAtAll() {
  document.querySelectorAll("[data-state][data-announce]").forEach(look);
}

lookAtAll();
document.addEventListener("htmx:afterSettle", lookAtAll);
