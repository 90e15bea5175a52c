// Whom to reach, and how: read from notify and written there, with a token of a few minutes. Intake never sees it.
import { lapsed, proof } from "../laurel.js";

const NOTIFY = "/api/notify/v1/contact";
const form = document.getElementById("contact");
const told = document.getElementById("told");

async function token() {
  const answer = await fetch("/account/pass", { method: "POST", headers: { Accept: "application/json", ...proof() } });
  if (answer.status === 401) await lapsed().then(() => location.reload());
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).access_token;
}

// To change a mailbox takes the form's own pass: it says that the password was given for it.
async function ask(method, body) {
  const pass = "proven" in form.dataset ? form.elements.pass.value : await token();
  const headers = { Authorization: `Bearer ${pass}`, Accept: "application/json", "Content-Type": "application/json" };
  return fetch(NOTIFY, { method, headers, body: body && JSON.stringify(body) });
}

/** A sentence in both languages, each for who reads it. */
function sentence(kind, zh, en) {
  const words = document.createElement("p");
  words.className = kind;
  const [chinese, english] = [document.createElement("span"), document.createElement("span")];
  chinese.className = "zh";
  chinese.textContent = zh;
  Object.assign(english, { className: "en", lang: "en", textContent: en });
  words.append(chinese, " ", english);
  return words;
}

function say(kind, zh, en) {
  told.className = `notice ${kind}`;
  told.replaceChildren(sentence("", zh, en));
  told.hidden = false;
  told.focus();
}

function mark(findings) {
  for (const box of form.querySelectorAll(".field")) {
    box.classList.remove("wrong");
    box.querySelector("p.wrong")?.remove();
    box.querySelector("input").removeAttribute("aria-invalid");
  }
  for (const finding of findings) {
    const input = form.elements[(finding.place || "").split(".").pop()];
    if (!input) continue;
    const box = input.closest(".field");
    const wrong = sentence("wrong", finding.zh, finding.en);
    wrong.id = `wrong-${input.name}`;
    wrong.prepend("▲ ");
    input.before(wrong);
    box.classList.add("wrong");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", wrong.id);
  }
}

async function load() {
  const answer = await ask("GET");
  if (!answer.ok) return;
  const known = await answer.json();
  for (const name of ["name", "mobile", "email"]) if (!form.elements[name].value) form.elements[name].value = known[name] ?? "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = Object.fromEntries(["name", "mobile", "email"].map((name) => [name, form.elements[name].value]));
  try {
    const answer = await ask("PUT", typed);
    const body = await answer.json().catch(() => ({}));
    mark(body.findings ?? []);
    if (answer.ok) {
      location.assign(form.elements.back.value);
    } else if (answer.status === 401) {
      say("error", "没有保存：输入密码后已过 20 分钟，或登录已结束。请记下您填写的内容，重新打开本页。", "It was not saved: it has been more than 20 minutes since your password, or you were signed out. Note what you typed and open this page again.");
    } else say("error", body.detail ?? "没有保存，请稍后重试。", body.detail_en ?? "It was not saved; try again shortly.");
  } catch {
    say("error", "没有保存：网络或通知服务暂时不可用，您填写的内容还在本页，请稍后重试。", "It was not saved: the network or the service is away. What you typed is still here.");
  }
});

load().catch(() => {});
