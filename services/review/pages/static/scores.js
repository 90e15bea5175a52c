// Keeps an expert's scores and comment while he writes. Without it, the form's own buttons do.
import { send } from "/static/laurel.js";

const form = document.querySelector("form[data-scores]");
const told = document.getElementById("saved");
const PAUSE = 1000;
let timer = 0;
let under = Promise.resolve();

function content() {
  const scores = {};
  for (const input of form.querySelectorAll('[name^="score:"]')) {
    const text = input.value.normalize("NFKC").trim(); // full-width digits are digits
    scores[input.name.slice("score:".length)] = text === "" ? null : /^\d+$/.test(text) ? Number(text) : text;
  }
  return { scores, comment: form.elements.comment.value };
}

function say(kind, detail) {
  told.className = `saved ${kind === "saved" ? "good" : "bad"}`;
  const [zh, en] = [document.createElement("span"), document.createElement("span")];
  zh.className = "zh";
  en.className = "en";
  en.lang = "en";
  zh.textContent = detail?.zh ?? told.dataset[`${kind}Zh`];
  en.textContent = ` ${detail?.en ?? told.dataset[`${kind}En`]}`;
  told.replaceChildren(zh, en);
}

async function save() {
  try {
    const answer = await send("PUT", form.dataset.scores, content());
    if (answer.ok) return say("saved");
    const problem = await answer.json().catch(() => ({}));
    const [finding] = problem.findings ?? [];
    say("trouble", finding && { zh: finding.zh, en: finding.en });
  } catch {
    say("trouble");
    timer = setTimeout(keep, 5 * PAUSE);
  }
}

function keep() {
  under = under.then(save); // one after another, so that an older text never comes after a newer one
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
});
form.addEventListener("submit", () => clearTimeout(timer));
addEventListener("visibilitychange", () => {
  if (!document.hidden || !timer) return;
  clearTimeout(timer);
  keep();
});
document.addEventListener("laurel:back", keep);
