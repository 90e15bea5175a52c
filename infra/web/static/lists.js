// A list whose filters and pages htmx swaps in place, and that may refresh itself. Without scripts its links and forms
// lead to the same addresses.
//
// `#list` is what is swapped, `[data-told]` in it is the sentence about what it holds; `#list-said` says that sentence to
// who cannot see it; `#list-trouble` says that nothing came. `[data-by-itself]` asks without anybody's doing: it changes
// nothing where nothing has changed, and waits while somebody selects or nobody looks.

import { lapsed, proof } from "/static/laurel.js";

const LIVE = ["list", "numbers", "filters"];

function trouble(shown) {
  const box = document.getElementById("list-trouble");
  if (box) box.hidden = !shown;
}

const byItself = (event) => event.detail.requestConfig?.elt.matches("[data-by-itself]") ?? false;

function selecting() {
  const selection = document.getSelection();
  const list = document.getElementById("list");
  return Boolean(selection && !selection.isCollapsed && list?.contains(selection.anchorNode));
}

/** What people see of a part: without what asks by itself, which htmx marks while it does. */
function seen(part) {
  const copy = part?.cloneNode(true);
  copy?.querySelector("[data-by-itself]")?.remove();
  return copy?.innerHTML;
}

function differs(fresh) {
  return LIVE.some((id) => seen(document.getElementById(id)) !== seen(fresh.getElementById(id)));
}

document.addEventListener("htmx:configRequest", (event) => {
  Object.assign(event.detail.headers, proof());
  if (event.detail.elt.matches("[data-by-itself]") && (document.hidden || selecting())) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status >= 400) return; // said below
  const fresh = new DOMParser().parseFromString(xhr.responseText, "text/html");
  if (!fresh.getElementById("list")) {
    // Some other page, such as one of a proxy: an empty table would be a lie.
    event.detail.shouldSwap = false;
    trouble(true);
    return;
  }
  trouble(false);
  if (byItself(event) && !differs(fresh)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig;
  if (!asked || byItself(event)) return;
  const told = document.querySelector("#list [data-told]");
  if (asked.elt.closest(".pager")) {
    told?.focus(); // where the next page begins; the sentence is read, too
    return;
  }
  const said = document.getElementById("list-said");
  if (said && told && said.innerHTML !== told.innerHTML) said.innerHTML = told.innerHTML;
  if (document.activeElement === document.body) told?.focus({ preventScroll: true }); // what had it is gone
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) lapsed();
  else trouble(true);
});
for (const broken of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(broken, () => trouble(true));
