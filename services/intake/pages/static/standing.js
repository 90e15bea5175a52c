// What the page says of the entry beside its texts: its name, how far each part is, what is wrong or missing. The server
// says it with each save, and is asked when files have changed.

import { send } from "/static/laurel.js";

const SOON = 300;
let newest = 0; // version of the entry: answers may overtake one another

function mark(field, found) {
  const place = document.getElementById(`wrong-${field.dataset.field}`);
  if (!place) return;
  place.hidden = !found.length;
  place.querySelector(".what").innerHTML = found.join("");
  if (found.length) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  field.closest(".field").classList.toggle("wrong", found.length > 0);
}

/** Put what the server says where it stands on the page. */
export function show(told) {
  if (told.version < newest) return;
  newest = told.version;
  for (const [key, html] of Object.entries(told.sections)) {
    for (const place of document.querySelectorAll(`[data-state-of="${key}"]`)) place.innerHTML = html;
  }
  for (const field of document.querySelectorAll("[data-field]")) mark(field, told.wrong[field.dataset.field] || []);
  for (const place of document.querySelectorAll("[data-title]")) place.innerHTML = told.titled;
  document.title = document.title.replace(/^.*(?= · )/s, () => told.title);
  document.getElementById("to-do").innerHTML = told.to_do;
  const missing = document.getElementById("missing");
  if (!missing || told.missing === null) return;
  missing.hidden = !told.missing;
  missing.querySelector("ul").innerHTML = told.missing;
}

/** Ask again whenever the files have changed: chosen, sent, judged, removed. */
export function watchFiles(url) {
  let soon = null;
  const look = async () => {
    const answer = await send("GET", url).catch(() => null);
    if (answer?.ok) show(await answer.json());
  };
  document.addEventListener("laurel:materials", () => {
    clearTimeout(soon);
    soon = setTimeout(look, SOON);
  });
}
