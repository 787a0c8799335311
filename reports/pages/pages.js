"use strict";

// The theme button of report.js switches; here the choice is kept for the next page.
new MutationObserver(() => {
  try {
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  } catch {
    // storage is blocked: the choice holds for this page
  }
}).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// Upload: a file may be dropped on the field; what was chosen is told.
const drop = document.querySelector("[data-drop]");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  const told = drop.querySelector("[data-drop-text]");
  const describe = () => {
    const file = input.files[0];
    if (!file) return;
    told.textContent = `${file.name} · ${(file.size / 1024).toFixed(1)} KiB`;
    drop.classList.add("filled");
  };
  input.addEventListener("change", describe);
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    describe();
  });
  describe();
}

const form = document.querySelector(".profile-form");
if (form) {
  const status = form.querySelector("[data-upload-status]");
  form.addEventListener("submit", (event) => {
    if (!form.querySelector("input[name=board]:checked")) {
      event.preventDefault();
      status.textContent = "Choose at least one board.";
      form.querySelector("input[name=board]").focus();
      return;
    }
    for (const empty of form.querySelectorAll("input[name=tag]")) empty.disabled = !empty.value;
    status.textContent = "Uploading …";
  });
  window.addEventListener("pageshow", () => {
    status.textContent = "";
    for (const field of form.querySelectorAll("input[name=tag]")) field.disabled = false;
  });
}

// Live progress: each event of the job has the server draw its state anew; at the end the page becomes the report.
const progress = document.querySelector("[data-events]");
if (progress) {
  const source = new EventSource(progress.dataset.events);
  let asking = false;
  let again = false;
  const refresh = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch(progress.dataset.fragment);
      if (answer.ok) progress.innerHTML = await answer.text();
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      await refresh();
    }
  };
  for (const kind of ["accepted", "attempt", "stage", "retry", "task", "cancel"]) source.addEventListener(kind, refresh);
  source.addEventListener("end", () => {
    source.close();
    window.location.reload();
  });
}
