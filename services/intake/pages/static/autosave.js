// The editor saves by itself: within two seconds of a pause, one request at a time, and never loses a word.
//
// Every text that is not on the server is in this browser (drafts.js) from the first key on, with the version that it
// was typed over. No answer, no network, no session: it stays there, and goes out when it can. A refusal because
// somebody else has saved shows both texts (conflicts.js).

import { lapsed, proof, signedIn } from "/static/laurel.js";
import { countZi } from "/static/zi.js";
import { showConflict } from "./conflicts.js";
import { Drafts } from "./drafts.js";
import { show, watchFiles } from "./standing.js";

const PAUSE = 1000;
const LONGEST = 8000; // of typing without a pause
const SET_ASIDE = new Set(["stale-version", "wrong-state", "deadline-passed"]); // refusals that keep the text in the history
const RETRIES = [2000, 4000, 8000, 15000, 30000, 60000];
const KEEPALIVE_BYTES = 60000; // browsers refuse more in requests that outlive their page
// What the server cannot keep (infra/web/fields.py); line ends as it keeps them.
const UNSTORABLE = /[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/g;
const HALF_PAIR = /[\ud800-\udfff]/gu;

const form = document.getElementById("editor");
const url = form ? form.dataset.save : "";
const status = document.getElementById("saved");
let drafts = null;
const strays = new Map(); // second texts of a field, on their way into the history
const fields = new Map();
let pause = null;
let began = 0;
let retry = null;
let failures = 0;
let sending = false;
let stopped = false;
let waiting = false; // for somebody to sign in again
let held = false; // the deadline has passed and a file is still on its way: until then the server takes no text

export function clean(text) {
  return text
    .replace(/\r\n?|\x0b|\x0c|\u2028|\u2029/g, "\n")
    .replace(HALF_PAIR, "\ufffd")
    .replace(UNSTORABLE, "");
}

class Field {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.field;
    this.label = element.dataset.label;
    this.base = Number(element.dataset.version);
    // By the server, unless it says otherwise: what was typed before this script ran is not saved yet.
    this.saved = "unsaved" in element.dataset ? null : this.#rendered();
    this.sent = []; // what went out since the last answer
    this.conflict = null;
    this.refused = false;
  }

  get value() {
    if (this.element.type !== "fieldset") return clean(this.element.value);
    return [...this.element.querySelectorAll("input:checked")].map((box) => box.value).join(" ");
  }

  #rendered() {
    if (this.element.type === "fieldset")
      return [...this.element.querySelectorAll("input")].filter((box) => box.defaultChecked).map((box) => box.value).join(" ");
    if (this.element.tagName === "SELECT")
      return ([...this.element.options].find((one) => one.defaultSelected) || { value: "" }).value;
    return clean(this.element.defaultValue);
  }

  set value(text) {
    if (this.element.type !== "fieldset") {
      if (this.element.tagName === "SELECT" && ![...this.element.options].some((one) => one.value === text))
        this.element.add(new Option(text, text));
      this.element.value = text;
    } else {
      const ticked = new Set(text.split(/\s+/));
      for (const box of this.element.querySelectorAll("input")) box.checked = ticked.has(box.value);
    }
    this.count();
  }

  get dirty() {
    return this.value !== this.saved;
  }

  count() {
    const place = document.getElementById(`count-${this.key}`);
    if (!place) return;
    const given = countZi(this.value);
    const most = Number(place.dataset.max);
    place.querySelector("b").textContent = given;
    place.classList.toggle("over", most > 0 && given > most);
    const over = place.querySelector(".over-by");
    const more = given - most;
    if (over)
      over.innerHTML =
        most && more > 0 ? `<span class="zh">，超出 ${more} 字</span><span class="en instead" lang="en">, ${more} too many</span>` : "";
  }

  /** Whatever was typed is in this browser before anything else happens to it. */
  keep() {
    if (this.dirty || this.conflict)
      drafts.keep(this.key, { text: this.value, version: this.base, sent: this.sent, at: Date.now() });
    else drafts.drop(this.key);
  }

  /** Take over a text that was kept. It was typed over the version it names; what we sent ourselves is no conflict. */
  adopt(draft) {
    if (draft.text === this.saved) return drafts.drop(this.key);
    this.sent = draft.sent || [];
    if (!this.sent.includes(this.saved)) this.base = Math.min(draft.version, this.base);
    this.value = draft.text;
    this.keep();
  }
}

function say(zh, en, kind = "") {
  status.className = `saved ${kind}`;
  status.querySelector(".zh").textContent = zh;
  status.querySelector(".en").textContent = en;
}

function typed(field) {
  field.count();
  field.keep();
  if (drafts.full) say("本机空间不足，请勿关闭本页，直到显示“已保存”", "This browser is full: keep the page open", "bad");
  if (held) sayHeld();
  if (field.conflict || stopped || held) return;
  if (!field.dirty && !sending) return;
  if (!waiting && !retry) say("正在输入…", "Typing…");
  began ||= Date.now();
  clearTimeout(pause);
  pause = setTimeout(save, Date.now() - began > LONGEST ? 0 : PAUSE);
}

function toSend() {
  if (held) return [];
  return [...fields.values()].filter((field) => field.dirty && !field.conflict && !field.refused);
}

async function put(texts, versions, version) {
  const body = JSON.stringify({ version, versions, fields: texts });
  return fetch(url, {
    method: "PUT",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...proof() },
    body,
    keepalive: body.length * 3 < KEEPALIVE_BYTES,
  });
}

async function save() {
  clearTimeout(pause);
  began = 0;
  if (sending || stopped || waiting) return;
  const going = toSend();
  if (!going.length) return;
  const texts = {};
  const versions = {};
  for (const field of going) {
    texts[field.key] = field.value;
    versions[field.key] = field.base;
    field.sent = [...field.sent.slice(-2), field.value];
    field.keep();
  }
  sending = true;
  say("正在保存…", "Saving…");
  const answer = await put(texts, versions, Math.max(...going.map((field) => field.base))).catch(() => null);
  try {
    if (answer) await react(answer, going, texts);
    else later("网络不通，内容已保存在本机，恢复后自动保存", "No network: kept in this browser, saved when it is back");
  } finally {
    sending = false;
  }
  if (!answer || waiting || retry) return;
  if (toSend().length) pause = setTimeout(save, PAUSE);
  else await settle();
}

function later(zh, en) {
  say(zh, en, "bad");
  const wait = RETRIES[Math.min(failures, RETRIES.length - 1)];
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(again, wait + Math.random() * 500);
}

function again() {
  clearTimeout(retry);
  retry = null;
  save();
}

async function react(answer, going, texts) {
  if (answer.ok) {
    failures = 0;
    acknowledge(await answer.json(), going, texts);
    return;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 403 && problem.slug === "stale-form" && (await signedIn())) return; // goes out again at once
  if (answer.status === 401 || answer.status === 403) {
    waiting = true;
    say("登录已失效，内容已保存在本机，重新登录后自动保存", "Signed out: kept in this browser", "bad");
    await lapsed();
    waiting = false;
    setTimeout(save, 0);
  } else if (problem.slug === "stale-version") {
    conflicts(problem.conflicts, going);
  } else if (problem.slug === "deadline-passed") {
    hold(problem.retry_after);
  } else if (answer.status === 404) {
    stopped = true;
    say(
      "当前登录的账号看不到这份材料。您写的文字保存在本机，用原来的账号重新打开本页即可恢复",
      "Who is signed in now does not see this entry. What you wrote is kept in this browser: sign in as before and open it",
      "bad",
    );
  } else if (problem.slug === "wrong-state") {
    stopped = true;
    say(
      `${problem.detail || ""}您写的文字已存入历史。`,
      `${problem.detail_en || "It was not saved."} What you wrote is kept in the history`,
      "bad",
    );
  } else if (answer.status >= 500 || answer.status === 429) {
    later("服务暂时不可用，内容已保存在本机，稍后自动保存", "Not saved yet: kept in this browser, tried again shortly");
  } else {
    for (const field of going) field.refused = true; // until it is typed in again
    const first = (problem.findings || [])[0];
    const en = first ? first.en : problem.detail_en || "something in it is wrong";
    say(`未能保存：${first ? first.zh : problem.detail || "内容有误"}`, `Not saved: ${en}`, "bad");
  }
}

/** Typing on would end the time that the file has: what is typed stays in this browser until that time is over. */
function hold(seconds) {
  held = true;
  sayHeld();
  setTimeout(() => {
    held = false;
    save();
  }, Math.min(seconds * 1000 + Math.random() * 5000, 2 ** 31 - 1));
}

function sayHeld() {
  say(
    "截止时间已过，材料的文字不再改动；您刚写的保存在本机，没有丢失。请传完文件后提交",
    "The deadline has passed and the texts stand. What you typed is kept in this browser; finish the upload and submit",
    "bad",
  );
}

function acknowledge(told, going, texts) {
  for (const field of going) {
    field.base = told.versions[field.key] || field.base;
    field.saved = texts[field.key];
    field.sent = [];
    field.keep();
  }
  const open = [...fields.values()].some((field) => field.conflict);
  if (toSend().length) say("正在保存…", "Saving…");
  else if (open) say(`${told.at} 已保存，另有一处待您选择`, "Saved, but for one that waits for you", "bad");
  else if (told.late) say(`${told.at} 已存为草稿；截止时间已过，不能提交`, `Kept as a draft at ${told.at}; the deadline has passed`, "bad");
  else say(`${told.at} 已保存`, `Saved at ${told.at}`, "good");
  show(told);
}

function conflicts(list, going) {
  const named = new Map(list.map((one) => [one.field, one]));
  for (const field of going) {
    const conflict = named.get(field.key);
    if (!conflict) continue;
    if (field.sent.includes(conflict.saved) || conflict.saved === field.value) {
      field.base = conflict.version; // our own save, whose answer never came
      field.saved = conflict.saved;
      field.keep();
      continue;
    }
    conflict.yours = field.value;
    field.conflict = conflict;
    field.keep();
    const holder = field.element.closest(".field");
    holder.classList.add("in-conflict");
    const choose = (text) => {
      field.conflict = null;
      field.base = conflict.version;
      field.saved = conflict.saved;
      field.sent = [];
      field.value = text;
      holder.classList.remove("in-conflict");
      field.keep();
      if (field.dirty) save();
      else say("已采用已保存的文字", "The saved text stands", "good");
      field.element.focus();
    };
    const edit = (text) => {
      field.value = text;
      field.keep();
    };
    const panel = showConflict(field.key, field.label, conflict, choose, edit);
    holder.append(panel);
    say("有一处已在别处修改，请选择", "Changed elsewhere: choose", "bad");
  }
}

/** Plain text out of whatever the clipboard holds: Word and WPS put their own line and paragraph marks there. */
function paste(event, field) {
  const given = event.clipboardData?.getData("text/plain");
  if (!given) return; // a picture: nothing for a text
  let text = clean(given).replace(/\u00a0/g, " ").replace(/\ufeff/g, "");
  if (field.element.tagName === "INPUT") text = text.trim().replace(/\s*\n\s*/g, " ");
  event.preventDefault();
  // Through the browser's own editing where it can, so that undo works.
  if (!document.execCommand("insertText", false, text)) {
    field.element.setRangeText(text, field.element.selectionStart, field.element.selectionEnd, "end");
    field.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Texts that this tab, or one that is gone, has kept. */
function takeOver(kept) {
  const taken = [];
  for (const [name, draft] of kept) {
    const key = name.split("~")[0];
    const field = fields.get(key);
    if (!field) continue;
    if (name !== key || (field.dirty && draft.text !== field.value)) {
      const stray = name === key ? `${key}~${Math.random().toString(36).slice(2, 8)}` : name;
      strays.set(stray, draft);
      drafts.keep(stray, draft);
    } else {
      field.adopt(draft);
      if (field.dirty) taken.push(field);
    }
  }
  if (taken.length) {
    say("已恢复本机保存的文字，正在保存…", "Brought back what this browser kept");
    save();
  } else if (!toSend().length) settle();
}

/** Two tabs have died with two texts of one field: one was taken over, the server keeps the other in the history. */
async function settle() {
  for (const [name, draft] of strays) {
    const key = name.split("~")[0];
    const answer = await put({ [key]: draft.text }, { [key]: draft.version }, draft.version).catch(() => null);
    if (!answer) return; // later
    const slug = answer.ok ? "" : (await answer.json().catch(() => ({}))).slug;
    if (slug === "stale-form") await signedIn();
    if (!answer.ok && !SET_ASIDE.has(slug)) return; // it is nowhere but here: later
    strays.delete(name);
    drafts.drop(name);
  }
}

/** Wait, not for long, until everything typed is on the server. */
async function idle() {
  for (let tries = 0; tries < 60; tries += 1) {
    if (!sending && !toSend().length) return ![...fields.values()].some((field) => field.dirty);
    if (retry || waiting || stopped) return false;
    if (!sending) save();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Links that show what is saved: first it is saved. What cannot be saved now stays on this page. */
async function follow(event, link) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!toSend().length && !sending) return;
  event.preventDefault();
  if (await idle()) location.assign(link.href);
  else status.scrollIntoView({ block: "nearest" });
}

async function start() {
  drafts = await Drafts.open(form.dataset.account, form.dataset.entry);
  for (const element of form.querySelectorAll("[data-field]")) {
    const field = new Field(element);
    fields.set(field.key, field);
    const changed = () => {
      field.refused = false;
      typed(field);
    };
    element.addEventListener("input", changed);
    element.addEventListener("change", changed);
    if (element.type !== "fieldset") element.addEventListener("paste", (event) => paste(event, field));
    field.count();
  }
  for (const only of document.querySelectorAll("[data-without-script]")) only.hidden = true;
  say("修改后自动保存", "Saved as you type");
  watchFiles(form.dataset.progress);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const field of fields.values()) field.refused = false;
    again();
  });
  for (const link of document.querySelectorAll("a[data-after-save]"))
    link.addEventListener("click", (event) => follow(event, link));
  addEventListener("online", again);
  addEventListener("pagehide", () => {
    save(); // in a request that outlives the page
    drafts.leave();
  });
  document.addEventListener("visibilitychange", () => document.hidden && save());
  document.addEventListener("laurel:back", () => toSend().length && again());
  takeOver(Object.entries(drafts.texts));
  for (const field of fields.values()) if (field.dirty) typed(field);
  for (const after of [0, 2000]) setTimeout(async () => takeOver(await drafts.orphans()), after);
  setInterval(async () => takeOver(await drafts.orphans()), 30000); // of tabs that have died in between
}

if (form) start();
