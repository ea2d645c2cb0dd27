// Deciding by keyboard, and the page turned to where a fact stands. Without this file the form works by itself, and pages are links.
"use strict";

(() => {
  const viewer = document.querySelector(".viewer");
  const decision = document.querySelector("[data-decision]");
  const keysOn = document.querySelector("[data-keys]");
  const STORED = "scanpipe.keys";
  const ZOOMS = [60, 80, 100, 130, 170, 220];

  // --- the pages ---

  const book = viewer?.querySelector(".paper img") ? makeBook(viewer) : null; // a file that cannot be opened has no pages

  function makeBook(viewer) {
    const paper = viewer.querySelector(".paper");
    const image = paper.querySelector("img");
    const at = viewer.querySelector(".at");
    const last = Number(viewer.dataset.pages);
    const sizes = new Map(viewer.dataset.sizes.trim().split(/\s+/).filter(Boolean).map((one) => {
      const [number, size] = one.split(":");
      return [Number(number), size.split("x").map(Number)];
    }));
    const frame = document.createElement("div");
    frame.className = "frame";
    image.replaceWith(frame);
    frame.append(image);
    const mark = document.createElement("div");
    mark.className = "mark";
    mark.hidden = true;
    frame.append(mark);
    let shown = Number(viewer.dataset.shown);
    let zoom = ZOOMS.indexOf(100);

    const address = (page, width = 960) => `/records/${viewer.dataset.number}/pages/${page}.jpg?width=${width}`;

    const sharpness = () => (ZOOMS[zoom] > 100 ? 1600 : 960);

    const turn = (page) => {
      if (page < 1 || page > last) return;
      mark.hidden = true;
      if (page !== shown) {
        shown = page;
        image.src = address(page, sharpness());
        image.alt = viewer.dataset.alt.replace("{n}", page);
        at.textContent = `${image.alt} / ${last}`;
        paper.scrollTop = 0;
      }
      if (page < last) new Image().src = address(page + 1, sharpness());
    };

    const enlarge = (step) => {
      zoom = Math.min(Math.max(zoom + step, 0), ZOOMS.length - 1);
      frame.style.width = `${ZOOMS[zoom]}%`;
      if (step > 0 && ZOOMS[zoom] > 100) image.src = address(shown, sharpness());
    };

    const point = (page, box) => {
      turn(page);
      const size = sizes.get(page);
      if (!box || !size) return;
      const [left, top, right, bottom] = box;
      const share = (value, of) => `${(100 * value) / of}%`;
      mark.style.left = share(left, size[0]);
      mark.style.top = share(top, size[1]);
      mark.style.width = share(right - left, size[0]);
      mark.style.height = share(bottom - top, size[1]);
      mark.hidden = false;
      const show = () => mark.scrollIntoView({ block: "nearest", inline: "nearest" });
      image.complete ? show() : image.addEventListener("load", show, { once: true });
    };

    viewer.querySelectorAll("[data-step]").forEach((link) =>
      link.addEventListener("click", (event) => {
        event.preventDefault();
        turn(shown + Number(link.dataset.step));
      }),
    );
    viewer.querySelectorAll("[data-zoom]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => enlarge(Number(button.dataset.zoom)));
    });
    return { turn: (step) => turn(shown + step), enlarge, point };
  }

  // --- where a fact stands ---

  const boxOf = (link) => (link.dataset.box ? link.dataset.box.split(",").map(Number) : null);

  document.querySelectorAll("a.place").forEach((link) => {
    const show = () => book?.point(Number(link.dataset.page), boxOf(link));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show();
    });
    link.closest(".entry")?.querySelector("input")?.addEventListener("focus", show);
  });

  // --- another category is chosen by typing it ---

  const typed = document.getElementById("typed");
  typed?.addEventListener("input", () => {
    if (typed.value) decision.querySelectorAll("input[name=category]").forEach((radio) => (radio.checked = false));
  });

  // --- the next one is fetched while this one is read; a form is sent once ---

  if (decision?.dataset.next) addEventListener("load", () => (new Image().src = decision.dataset.next));
  document.querySelectorAll("form[method=post]").forEach((form) =>
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    }),
  );
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // --- keys ---

  const remembered = () => {
    try {
      return localStorage.getItem(STORED) !== "off";
    } catch {
      return true;
    }
  };
  if (keysOn) {
    keysOn.checked = remembered();
    keysOn.addEventListener("change", () => localStorage.setItem(STORED, keysOn.checked ? "on" : "off"));
  }

  const isText = (element) => element?.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

  const rest = () => {
    const radio = decision?.querySelector("input[name=category]:checked") ?? decision?.querySelector("input[name=category]");
    document.activeElement?.blur();
    radio?.focus({ preventScroll: true });
  };

  const choose = (place) => {
    const radio = decision?.querySelectorAll("input[name=category]")[place];
    if (!radio) return;
    radio.checked = true;
    typed.value = "";
    radio.focus();
  };

  const press = (key) => {
    const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!found) return false;
    if (isText(found)) {
      found.focus();
      found.select?.();
    } else found.click();
    return true;
  };

  const PLAIN = {
    PageDown: () => book?.turn(1),
    PageUp: () => book?.turn(-1),
    "+": () => book?.enlarge(1),
    "-": () => book?.enlarge(-1),
    "?": () => document.querySelector(".keys summary")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const focused = document.activeElement;
    if (event.key === "Escape" && isText(focused) && decision?.contains(focused)) {
      rest();
      return;
    }
    if (isText(focused) || !(keysOn?.checked ?? remembered())) return;
    if (event.key === "Enter" && (focused === document.body || focused?.matches("main, .paper"))) {
      event.preventDefault();
      decision?.querySelector("button.main").click();
    } else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
    else if (PLAIN[event.key]) {
      event.preventDefault();
      PLAIN[event.key]();
    } else if (press(event.key)) event.preventDefault();
  });
})();
