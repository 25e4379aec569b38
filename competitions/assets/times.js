// Beside each time in the contest's zone: the same moment in the viewer's, when the clocks differ.
const root = document.documentElement;
const zone = root.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
const wallClock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
const language = root.lang === "en" ? "en-GB" : root.lang; // 20 Nov, as everywhere on the site
const hours = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const sameDay = new Intl.DateTimeFormat(language, hours);
const otherDay = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", ...hours });

function addViewersTime(element) {
  element.removeAttribute("data-viewer-time");
  const moment = new Date(element.dateTime);
  const shown = element.dateTime.slice(0, 16).replace("T", " "); // wall clock in the contest's zone
  if (Number.isNaN(moment.getTime())) return;
  const own = wallClock.format(moment);
  if (own === shown) return;
  const readable = own.slice(0, 10) === shown.slice(0, 10) ? sameDay : otherDay;
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
