// Conveniences of the console; every page works without them.
"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const each = (root, selector, act) => root.querySelectorAll(selector).forEach(act);

  // A form that moves money or changes something is sent once; its key makes the server do it once anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    each(form, "button", (button) => button.setAttribute("aria-busy", "true"));
  });
  window.addEventListener("pageshow", () => {
    each(document, "form[data-sent]", (form) => {
      delete form.dataset.sent;
      each(form, "button", (button) => button.removeAttribute("aria-busy"));
    });
  });

  // What a form answers is read out and reached first.
  const told = document.querySelector("[data-focus]");
  if (told) told.focus();

  // Values that one copies into a PBX.
  each(document, "button[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      const word = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = word; }, 1500);
    });
  });

  // In a row of tabs too long for the screen, the one that is shown is in sight.
  each(document, ".tabs [aria-current], .toolbar [aria-current], .side [aria-current]", (link) => {
    const strip = link.closest("nav, .side ul");
    for (const row of [strip, link.closest("ul")]) {
      if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = link.offsetLeft - row.clientWidth / 2;
    }
  });

  // The account menu closes with Escape or a click beside it.
  each(document, "details.me", (menu) => {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    });
  });

  // Parts that the server sends again when they change; what was unfolded stays so, in another part too, and focus stays.
  const unfolded = new Set();
  document.addEventListener("toggle", ({ target }) => {
    if (target.id) unfolded[target.open ? "add" : "delete"](target.id);
  }, true);
  const replace = (part, html) => {
    const focused = part.contains(document.activeElement) ? document.activeElement.closest("[id]") : null;
    const inner = focused && focused !== document.activeElement ? "summary" : null;
    each(part, "details[id]", (one) => { unfolded[one.open ? "add" : "delete"](one.id); });  // toggle comes later
    part.innerHTML = html;
    each(part, "details[id]", (one) => { one.open = unfolded.has(one.id); });
    if (focused && focused.id) {
      const again = document.getElementById(focused.id);
      if (again) (inner ? again.querySelector(inner) || again : again).focus({ preventScroll: true });
    }
  };
  each(document, "[data-events]", (place) => {
    const state = place.querySelector(".live-dot");
    const say = (on, words) => { if (state) { state.classList.toggle("on", on); state.textContent = words; } };
    const source = new EventSource(place.dataset.events);
    source.onopen = () => say(true, "Live");
    source.onerror = () => say(false, "Connection lost, trying again …");
    source.addEventListener("part", (event) => {
      const { id, html } = JSON.parse(event.data);
      const part = document.getElementById(id);
      if (part) replace(part, html);
    });
    source.addEventListener("end", () => { source.close(); say(false, "Ended"); });
    window.addEventListener("pagehide", () => source.close());
  });
})();
