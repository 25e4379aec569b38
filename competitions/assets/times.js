// Beside each time in the contest's zone: the same moment in the viewer's, when the clocks differ.
const root = document.documentElement;
const zone = root.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
const wallClock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
const readable = new Intl.DateTimeFormat(root.lang, {
  timeZone: zone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

function addViewersTime(element) {
  element.removeAttribute("data-viewer-time");
  const moment = new Date(element.dateTime);
  const shown = element.dateTime.slice(0, 16).replace("T", " "); // wall clock in the contest's zone
  if (Number.isNaN(moment.getTime()) || wallClock.format(moment) === shown) return;
  const note = document.createElement("span");
  note.className = "viewer-time";
  note.textContent = ` (${root.dataset.yourTime} ${readable.format(moment)})`;
  element.after(note);
}

function addAll(part) {
  part.querySelectorAll("time[data-viewer-time]").forEach(addViewersTime);
}

addAll(document);
document.addEventListener("htmx:load", (event) => addAll(event.detail.elt));
