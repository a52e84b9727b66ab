// Keeps a countdown current, and reloads the page once the payment or the verification is decided.
// The server counts: its clock can be moved, stopped or sped up.
"use strict";
const main = document.querySelector("main");

async function update() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.querySelector("main").dataset.state !== main.dataset.state) {
    location.reload();
    return;
  }
  const current = page.querySelectorAll("[data-live]");
  document.querySelectorAll("[data-live]").forEach((element, index) => {
    element.textContent = current[index].textContent;
    if (element.tagName === "PROGRESS") element.value = current[index].value;
  });
}

setInterval(() => {
  if (!document.hidden) update().catch(() => {}); // the sandbox may have stopped
}, 500);
