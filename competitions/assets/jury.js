// A sheet that is filled in by keyboard alone and saves itself. Without this module it is a plain form with a button.
// A digit marks the focused criterion and goes on; j and k move between criteria; n and p between entries.
const form = document.getElementById("sheet");
const DELAY = 700; // milliseconds after the last key of a text
const RETRY = 5000;

function start() {
  const criteria = [...form.querySelectorAll("[data-criterion]")];
  const status = document.getElementById("sheet-status");
  const error = document.getElementById("sheet-error");
  const version = form.elements.version;
  let timer = 0;
  let isDirty = false;
  let isStopped = false; // the sheet is open elsewhere, or locked: what is typed here can no longer be saved
  let running = null;

  document.getElementById("keys").hidden = false;

  function radios(criterion) {
    return [...criterion.querySelectorAll("input[type=radio]")];
  }

  function focusOn(criterion) {
    const found = radios(criterion);
    (found.find((radio) => radio.checked) ?? found[0]).focus();
    criterion.scrollIntoView({ block: "nearest" });
  }

  function current() {
    return criteria.findIndex((criterion) => criterion.contains(document.activeElement));
  }

  function move(step) {
    const place = current();
    const wanted = place < 0 ? (step > 0 ? 0 : criteria.length - 1) : place + step;
    if (criteria[wanted]) focusOn(criteria[wanted]);
  }

  function mark(digit) {
    const place = Math.max(current(), 0);
    const radio = radios(criteria[place]).find((one) => one.value === digit);
    if (!radio) return;
    radio.checked = true;
    changed(0);
    focusOn(criteria[place + 1] ?? criteria[place]);
  }

  function changed(delay) {
    if (isStopped) return;
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }

  function stop(message) {
    isStopped = true;
    isDirty = false;
    status.textContent = "";
    error.textContent = message;
    error.hidden = false;
  }

  // One request at a time: each needs the version that the one before was given.
  async function save() {
    clearTimeout(timer);
    while (running) await running;
    if (!isDirty || isStopped) return;
    isDirty = false;
    status.textContent = form.dataset.textSaving;
    running = send();
    await running;
    running = null;
    if (isDirty && !isStopped && !timer) await save();
  }

  async function send() {
    timer = 0;
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (!answer.ok) {
        stop(body.error);
        return;
      }
      version.value = body.version;
      status.textContent = body.saved;
      document.getElementById("progress").textContent = body.progress;
    } catch {
      isDirty = true;
      status.textContent = form.dataset.textBroken;
      timer = setTimeout(save, RETRY);
    }
  }

  async function go(link) {
    if (!link) return;
    await save();
    if (!isDirty) location.assign(link.href);
  }

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("textarea, select, input:not([type=radio])");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const acts = {
      j: () => move(1),
      k: () => move(-1),
      n: () => go(document.getElementById("next-entry")),
      p: () => go(document.getElementById("previous-entry")),
    };
    const act = /^[0-9]$/.test(event.key) ? () => mark(event.key) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  form.addEventListener("change", (event) => changed(event.target.matches("textarea") ? DELAY : 0));
  form.addEventListener("input", (event) => {
    if (event.target.matches("textarea")) changed(DELAY);
  });
  // The button, too: a plain form would race with what is being saved.
  form.addEventListener("submit", async (event) => {
    if (isStopped) return;
    event.preventDefault();
    isDirty = true;
    await save();
    if (!isDirty && !isStopped && event.submitter?.value === "list") location.assign(form.dataset.list);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
}

if (form && document.getElementById("keys")) start();
