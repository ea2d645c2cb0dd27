// Pages of a record: turns them without loading everything again, zooms, rotates, draws the hits. Without this file the page shows one page and links to the others.

const view = document.querySelector(".record-view");
if (view) start(view);

for (const button of document.querySelectorAll("[data-copy], [data-copy-link]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? location.origin + button.dataset.copyLink);
    button.classList.add("done");
    const told = document.querySelector(".copied");
    told.textContent = told.dataset.says;
    setTimeout(() => { button.classList.remove("done"); told.textContent = ""; }, 3000);
  });
}

function start(view) {
  const { number, q, fuzzy, label } = view.dataset;
  const last = Number(view.dataset.pages);
  const desk = view.querySelector(".desk"), sheet = view.querySelector(".sheet"), marks = view.querySelector(".marks");
  const quick = view.querySelector(".quick"), sharp = view.querySelector(".sharp"), place = view.querySelector(".place");
  const words = document.querySelector(".words"), help = view.querySelector("dialog");
  const picture = (page, width) => `/records/${number}/pages/${page}.jpg?width=${width}`;
  const WIDTHS = [960, 1600, 2400];
  const state = { page: Number(view.dataset.page), fit: "page", zoom: 1, turned: 0, drawn: 960, shown: null, spot: null, ahead: null };

  // Size: fit is "page" or "width", zoom multiplies it

  function lay() {
    const across = state.turned % 180 !== 0, [w, h] = [sharp.width0, sharp.height0];
    const [wide, high] = across ? [h, w] : [w, h];
    const room = { w: desk.clientWidth - 16, h: desk.clientHeight - 16 };
    const whole = state.fit === "width" ? room.w / wide : Math.min(room.w / wide, room.h / high);
    const scale = whole * state.zoom;
    sheet.style.width = `${w * scale}px`;
    sheet.style.height = `${h * scale}px`;
    const shift = across ? (h - w) * scale / 2 : 0;
    sheet.style.transform = state.turned ? `translate(${shift}px, ${-shift}px) rotate(${state.turned}deg)` : "";
    sheet.style.marginInlineEnd = across ? `${(h - w) * scale}px` : "";
    sheet.style.marginBlockEnd = across ? `${(w - h) * scale}px` : "";
    sharpen(w * scale * devicePixelRatio);
  }

  function sharpen(wanted) {
    const width = WIDTHS.find((one) => one >= wanted * 0.85) ?? WIDTHS.at(-1);
    if (width <= state.drawn) return;
    state.drawn = width;
    const better = new Image(), page = state.page;
    better.onload = () => { if (page === state.page && state.drawn === width) sharp.src = better.src; };
    better.src = picture(page, width);
  }

  const act = {
    larger: () => { state.zoom = Math.min(state.zoom * 1.25, 8); lay(); },
    smaller: () => { state.zoom = Math.max(state.zoom / 1.25, 0.25); lay(); },
    page: () => { state.fit = "page"; state.zoom = 1; lay(); },
    width: () => { state.fit = "width"; state.zoom = 1; lay(); },
    rotate: () => { state.turned = (state.turned + 90) % 360; lay(); },
    help: () => (help.open ? help.close() : help.showModal()),
  };

  // Marks: boxes in shares of the page

  function mark() {
    marks.replaceChildren();
    if (!state.shown) return;
    const { width, height, boxes } = state.shown;
    for (const box of boxes) draw(box, width, height, "hit");
    if (state.spot?.page === state.page) {
      const drawn = draw(state.spot.box, width, height, "spot-box");
      drawn?.scrollIntoView({ block: "center", inline: "center" });
    }
  }

  function draw([left, top, right, bottom], width, height, kind) {
    if (!width || !height) return null;
    const box = document.createElement("div"), share = (part, whole) => `${(100 * part) / whole}%`;
    box.className = kind;
    Object.assign(box.style, { left: share(left, width), top: share(top, height), width: share(right - left, width), height: share(bottom - top, height) });
    marks.append(box);
    return box;
  }

  // Pages

  async function facts(page) {
    const query = new URLSearchParams(q ? (fuzzy ? { q, fuzzy } : { q }) : {});
    const answer = await fetch(`/records/${number}/pages/${page}.json?${query}`, { headers: { accept: "application/json" } });
    if (answer.redirected || !answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  const address = (page) => {
    const query = new URLSearchParams(location.search);
    query.delete("page");
    if (page > 1) query.set("page", page);
    return `/records/${number}${query.size ? `?${query}` : ""}`;
  };

  async function turn(page) {
    if (page < 1 || page > last || page === state.page) return;
    Object.assign(state, { page, shown: null, drawn: 960 });
    marks.replaceChildren();
    const thumb = view.querySelector(`.thumbs [data-page="${page}"] img`);
    size(thumb?.getAttribute("width"), thumb?.getAttribute("height"));
    quick.src = picture(page, 240);
    sharp.src = picture(page, 960);
    const says = label.replace("{page}", page).replace("{pages}", last);
    sharp.alt = place.textContent = says;
    desk.scrollTo(0, 0);
    history.replaceState(null, "", address(page));
    for (const link of view.querySelectorAll(".thumbs a")) {
      const current = Number(link.dataset.page) === page;
      current ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
      if (current) link.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    for (const link of view.querySelectorAll("[data-turn]")) {
      const to = page + Number(link.dataset.turn);
      link.href = `${address(Math.min(Math.max(to, 1), last))}#view`;
      link.toggleAttribute("aria-disabled", to < 1 || to > last);
    }
    await read(page);
  }

  async function read(page) {
    try {
      const shown = await facts(page);
      if (page !== state.page) return;
      state.shown = shown;
      size(shown.width, shown.height);
      mark();
      write(shown.text);
    } catch {
      if (page === state.page) location.href = address(page);  // logged out, or gone: let the server say so
    }
  }

  function write(parts) {
    const body = document.createElement("bdi");
    for (const [text, hit] of parts) {
      const part = hit ? document.createElement("mark") : document.createTextNode(text);
      if (hit) part.textContent = text;
      body.append(part);
    }
    if (!parts.length) body.append(document.querySelector("template.nothing").content.cloneNode(true));
    words.replaceChildren(body);
    words.scrollTo(0, 0);
  }

  function size(width, height) {
    if (Number(width) && Number(height)) [sharp.width0, sharp.height0] = [Number(width), Number(height)];
    lay();
  }

  function hits() {
    return [...document.querySelectorAll("[data-hit]")].map((link) => Number(link.dataset.page));
  }

  // Keys, clicks

  const keys = {
    ArrowLeft: () => turn(state.page - 1), ArrowRight: () => turn(state.page + 1), PageUp: () => turn(state.page - 1), PageDown: () => turn(state.page + 1),
    Home: () => turn(1), End: () => turn(last), "+": act.larger, ";": act.larger, "=": act.larger, "-": act.smaller, 0: act.page, w: act.width, r: act.rotate, "?": act.help,
    n: () => turn(hits().find((page) => page > state.page) ?? hits()[0] ?? state.page),
  };

  const TURNING = new Set(["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"]);

  // Who dictates or types with one finger may switch single signs off, here and in the review; arrows and the like stay

  const single = help.querySelector("[data-keys]");
  try {
    single.checked = localStorage.getItem("scanpipe.keys") !== "off";
  } catch {
    single.checked = true;
  }
  single.addEventListener("change", () => localStorage.setItem("scanpipe.keys", single.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && !single.checked) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.target.closest("input, textarea, select")) return;
    if (help.open && event.key !== "?") return;
    if (last === 1 && TURNING.has(event.key)) return; // nothing to turn: they scroll, as everywhere
    if (event.target.closest(".words") && ["PageUp", "PageDown", "Home", "End"].includes(event.key)) return;
    const found = keys[event.key];
    if (!found) return;
    event.preventDefault();
    found();
  });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const button = event.target.closest("[data-do]");
    if (button) return void act[button.dataset.do]();
    const link = event.target.closest("[data-turn], .thumbs a, a.spot");
    if (!link) return;
    event.preventDefault();
    if (link.hasAttribute("aria-disabled")) return;
    const page = link.dataset.turn ? state.page + Number(link.dataset.turn) : Number(link.dataset.page);
    state.spot = link.dataset.box ? { page, box: link.dataset.box.split(",").map(Number) } : null;
    page === state.page ? mark() : turn(page);
    if (link.matches("a.spot")) view.scrollIntoView({ block: "nearest" });
  });

  sharp.addEventListener("load", () => {
    if (state.page >= last || state.ahead?.page === state.page + 1) return;
    const ahead = new Image();
    ahead.src = picture(state.page + 1, 960);
    state.ahead = { page: state.page + 1, image: ahead };
  });

  view.querySelector(".zooms").hidden = false;
  view.classList.add("lively");
  size(sharp.getAttribute("width"), sharp.getAttribute("height"));
  new ResizeObserver(lay).observe(desk);
  read(state.page);
}
