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

// A live log is replaced whole: it stays at its end for who is at its end, and where it was for who reads further up.
const AT_END = 8; // pixels
const places = new Map();

function logs() {
  return document.querySelectorAll(".run-log");
}

function notePlaces() {
  logs().forEach((log) => {
    const isAtEnd = log.scrollHeight - log.clientHeight - log.scrollTop < AT_END;
    places.set(log.id, isAtEnd ? Infinity : log.scrollTop);
  });
}

function keepPlaces() {
  logs().forEach((log) => {
    log.scrollTop = Math.min(places.get(log.id) ?? Infinity, log.scrollHeight);
  });
}

lookAtAll();
keepPlaces();
document.addEventListener("htmx:beforeSwap", notePlaces);
document.addEventListener("htmx:afterSwap", keepPlaces);
document.addEventListener("htmx:afterSettle", lookAtAll);
