// Choosing a file is not submitting it: first name, size, digest and doubts, then a button. The upload shows how far it
// is. Without this module the form works as a plain form.
const form = document.getElementById("upload");
const MAX_HASHED_BYTES = 256 * 1024 * 1024; // crypto.subtle takes whole files; larger ones are hashed on arrival

function sizeText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: unit ? 1 : 0 }).format(bytes)} ${units[unit]}`;
}

async function digestOf(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function start() {
  const input = form.querySelector("input[type=file]");
  const button = document.getElementById("upload-button");
  const checkButton = document.getElementById("check-button");
  const checkResult = document.getElementById("check-result");
  const dropzone = document.getElementById("dropzone");
  const chosen = document.getElementById("chosen");
  const warnings = document.getElementById("upload-warnings");
  const error = document.getElementById("upload-error");
  const progress = document.getElementById("upload-progress");
  const status = document.getElementById("upload-status");
  const known = new Map(form.dataset.known.split(" ").filter(Boolean).map((pair) => pair.split(":")));
  const text = form.dataset;
  let isSending = false;

  form.classList.add("is-enhanced");
  disable(true);

  function disable(isDisabled) {
    button.disabled = isDisabled;
    if (checkButton) checkButton.disabled = isDisabled;
  }

  function show(name, value) {
    form.querySelector(`[data-chosen=${name}]`).textContent = value;
  }

  function warn(message, isFatal) {
    const line = document.createElement("p");
    line.className = `notice notice-${isFatal ? "error" : "warning"}`;
    line.textContent = message;
    warnings.append(line);
  }

  async function warnAboutHeader(file) {
    if (!text.header) return;
    const first = (await file.slice(0, 65536).text()).split(/\r?\n/, 1)[0].replace(/^\ufeff/, "").replaceAll('"', "");
    const wanted = new Set(text.header.split(","));
    const found = first.split(",").map((name) => name.trim());
    if (found.length !== wanted.size || !found.every((name) => wanted.has(name))) warn(`${text.textHeader}: ${text.header}`, false);
  }

  async function warnAboutTwin(file) {
    if (!crypto.subtle || file.size > MAX_HASHED_BYTES) {
      show("sha256", text.textHashSkipped);
      return;
    }
    show("sha256", text.textHashing);
    const digest = await digestOf(file);
    if (input.files[0] !== file) return; // another file was chosen meanwhile
    show("sha256", digest);
    if (known.has(digest)) warn(`${text.textSame}${known.get(digest)}`, false);
  }

  async function look() {
    const file = input.files[0];
    warnings.replaceChildren();
    error.hidden = true;
    chosen.hidden = !file;
    checkResult.replaceChildren();
    disable(!file);
    if (!file) return;
    show("name", file.name);
    show("size", sizeText(file.size));
    if (file.size === 0) warn(text.textEmpty, true);
    if (file.size > Number(text.maxBytes)) warn(text.textTooLarge, true);
    disable(file.size === 0 || file.size > Number(text.maxBytes));
    await warnAboutHeader(file);
    await warnAboutTwin(file);
  }

  function refuse(message) {
    isSending = false;
    progress.hidden = true;
    disable(false);
    error.textContent = message;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  }

  function answer(request) {
    let body = {};
    try {
      body = JSON.parse(request.responseText);
    } catch {
      body = {}; // a proxy's own error page
    }
    if (request.status < 400 && body.location) {
      isSending = false;
      location.assign(body.location);
      return;
    }
    if (request.status < 400 && body.checked) {
      isSending = false;
      progress.hidden = true;
      disable(false);
      checkResult.innerHTML = body.checked; // our own template, its values escaped by the server
      return;
    }
    refuse(body.error || text.textBroken);
  }

  function send(address, textArrived) {
    const request = new XMLHttpRequest();
    const began = performance.now();
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      progress.querySelector("progress").value = event.loaded / event.total;
      const seconds = (performance.now() - began) / 1000;
      const left = Math.ceil((seconds / event.loaded) * (event.total - event.loaded));
      const percent = Math.floor((100 * event.loaded) / event.total);
      status.textContent = event.loaded < event.total
        ? `${text.textSending} ${percent} % · ${sizeText(event.loaded / seconds)}/s · ${text.textLeft.replace("{seconds}", left)}`
        : textArrived;
    });
    request.addEventListener("load", () => answer(request));
    request.addEventListener("error", () => refuse(text.textBroken));
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
    isSending = true;
    disable(true);
    checkResult.replaceChildren();
    error.hidden = true;
    progress.hidden = false;
    request.send(new FormData(form));
  }

  input.addEventListener("change", look);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isSending) return;
    const isCheck = checkButton && event.submitter === checkButton;
    if (isCheck) send(checkButton.formAction, text.textCheckingOnly);
    else send(form.getAttribute("action") || location.href, text.textChecking);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isSending) event.preventDefault();
  });
  for (const name of ["dragenter", "dragover"]) {
    dropzone.addEventListener(name, (event) => {
      event.preventDefault();
      dropzone.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) dropzone.addEventListener(name, () => dropzone.classList.remove("is-over"));
  dropzone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    look();
  });
  if (input.files.length) look(); // the browser kept the choice over a reload
}

if (form) start();
