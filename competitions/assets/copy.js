// Copy buttons. They stay hidden where the browser has no clipboard for us (plain HTTP on another machine).
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    const label = button.querySelector("span");
    const text = label.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      label.textContent = button.dataset.done;
      document.getElementById("announcer").textContent = button.dataset.done;
      setTimeout(() => { label.textContent = text; }, 2000);
    });
  }
}
