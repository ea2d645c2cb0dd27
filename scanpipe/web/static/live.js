// The scans of today as they happen. Without this file the page shows how things stood when it was loaded.
"use strict";

(() => {
  const told = document.querySelector("[data-live]");
  const body = document.getElementById("scans");
  const none = document.getElementById("no-scans");
  const RELOAD_SECONDS = 30;
  let source = null;

  const rowOf = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html.trim();
    return made.content.firstElementChild;
  };

  // Rows that are there and look the same are left alone, so that what somebody selects or reads with a screen reader stays.
  const apply = (changes) => {
    if (changes.again) {
      location.reload();
      return;
    }
    for (const [id, html] of Object.entries(changes.rows ?? {})) {
      const fresh = rowOf(html);
      const known = document.getElementById(`scan-${id}`);
      if (known && known.outerHTML !== fresh.outerHTML) {
        const focused = known.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        fresh.classList.add("changed");
        known.replaceWith(fresh);
        if (focused) [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
      } else if (!known) {
        fresh.classList.add("changed");
        body.prepend(fresh);
      }
    }
    if (changes.order) place(changes.order);
    for (const [name, html] of Object.entries(changes.parts ?? {})) {
      const part = document.querySelector(`[data-part="${name}"]`);
      if (part && part.innerHTML !== html) part.innerHTML = html;
    }
    none.hidden = body.children.length > 0;
  };

  const place = (order) => {
    const wanted = new Set(order.map((id) => `scan-${id}`));
    const oldest = order.at(-1) ?? "";
    for (const row of [...body.children]) {
      if (wanted.has(row.id)) continue;
      if (row.id.slice(5) > oldest && row.classList.contains("busy")) vanish(row);
      else if (!row.classList.contains("vanished")) row.remove();
    }
    let before = body.firstElementChild;
    for (const id of order) {
      while (before?.classList.contains("vanished")) before = before.nextElementSibling;
      const row = document.getElementById(`scan-${id}`);
      if (!row) continue;
      if (row === before) before = before.nextElementSibling;
      else body.insertBefore(row, before);
    }
  };

  // It was just being read, and now the person may not see it: its category is restricted. It has not been lost.
  const vanish = (row) => {
    row.classList.remove("busy");
    row.classList.add("vanished", "quiet");
    row.querySelector(".how").textContent = told.dataset.gone;
  };

  const say = (text) => {
    if (told.textContent !== text) told.textContent = text;
    told.classList.toggle("off", text !== told.dataset.on);
  };

  const open = () => {
    if (source) return;
    source = new EventSource(told.dataset.live);
    source.addEventListener("open", () => say(told.dataset.on));
    source.addEventListener("changed", (event) => apply(JSON.parse(event.data)));
    source.addEventListener("over", () => {
      close();
      say(told.dataset.over);
      document.removeEventListener("visibilitychange", look);
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) {
        say(told.dataset.off);
        return;
      }
      close();
      say(told.dataset.off);
      setTimeout(() => document.hidden || location.reload(), RELOAD_SECONDS * 1000);
    });
  };

  const close = () => {
    source?.close();
    source = null;
  };

  // A browser keeps few connections to one server: a page that nobody looks at gives its own back.
  const look = () => (document.hidden && !("always" in told.dataset) ? close() : open());

  if (!told || !body) return;
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && look());
  look();
})();
