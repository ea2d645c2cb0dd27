// Sends files one after the other and shows how far each is. Without this file the form sends them all at once.
"use strict";

(() => {
  const form = document.querySelector("[data-sending]");
  if (!form) return;
  const list = document.querySelector("[data-list]");
  const then = document.querySelector("[data-then]");
  const files = form.querySelector("input[type=file]");
  const button = form.querySelector("button");

  const row = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    const bar = document.createElement("progress");
    const says = document.createElement("span");
    name.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    item.append(name, " ", bar, " ", says);
    list.append(item);
    return { bar, end: (text, good) => {
      bar.remove();
      says.textContent = text;
      says.className = good ? "tag good" : "notice bad";
    } };
  };

  const complaint = (page) => new DOMParser().parseFromString(page, "text/html").querySelector("[role=alert]")?.textContent.trim();

  const send = (file) =>
    new Promise((done) => {
      const shown = row(file);
      if (file.size > Number(form.dataset.most)) {
        shown.end(form.dataset.large, false);
        done(false);
        return;
      }
      const data = new FormData();
      for (const name of ["csrf", "department"]) data.append(name, form.elements[name].value);
      data.append("files", file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.addEventListener("progress", (event) => event.lengthComputable && (shown.bar.value = event.loaded / event.total));
      request.addEventListener("loadend", () => {
        const good = request.status >= 200 && request.status < 300 && new URL(request.responseURL).pathname === "/upload";
        shown.end(good ? form.dataset.sent : complaint(request.responseText) ?? form.dataset.failed, good);
        done(good);
      });
      request.send(data);
    });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = [...files.files];
    if (!chosen.length || button.disabled) return;
    button.disabled = true;
    let any = false;
    for (const file of chosen) any = (await send(file)) || any;
    button.disabled = false;
    files.value = "";
    then.hidden = !any;
    if (any) then.firstElementChild.focus();
  });

  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer?.files.length || !form.reportValidity) return;
    files.files = event.dataTransfer.files;
    form.requestSubmit();
  });
})();
