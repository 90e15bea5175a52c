// Sends one file straight to storage, in one piece or in parts, and keeps at it while the page is open.
//
// A broken line, a busy storage, a link that has run out: it waits and tries again. What only a person can mend is
// thrown as a Refusal with the sentence that says how.

import { send } from "/static/laurel.js";
import { find, keepPart } from "./kept.js";

const STALLED_MS = 60_000;
const LONGEST_WAIT_MS = 20_000;
const PARTS_AT_ONCE = 2;
const LINKS_REFUSED = 5; // a link that is refused so often in a row is not just out of date

/** What a person has to mend: a sentence in each language. */
export class Refusal extends Error {
  constructor(zh, en, slug = "", status = 0) {
    super(zh);
    Object.assign(this, { zh, en, slug, status });
  }
}

/** The upload was taken back. */
export class Cancelled extends Error {}

class Broken extends Error {
  constructor(status, text) {
    super(`storage answered ${status || "nothing"}`);
    Object.assign(this, { status, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "" });
  }
  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Ask the desk; answers JSON. Waits out a lapsed session and a broken line. Throws Refusal. */
export async function ask(method, url, body, { signal, onWait } = {}) {
  for (let attempt = 0; ; attempt++) {
    let answer = null;
    try {
      answer = await send(method, url, body);
    } catch {
      /* the line is broken */
    }
    if (answer?.ok) return answer.status === 204 ? null : answer.json();
    if (answer && answer.status !== 401 && answer.status !== 429 && answer.status < 500) throw await refusal(answer);
    if (answer?.status === 401) await signedInAgain(signal);
    else await pause(attempt, signal, onWait);
  }
}

async function refusal(answer) {
  const told = await answer.json().catch(() => ({}));
  const findings = told.findings ?? [];
  const zh = findings.map((finding) => finding.zh).join("") || told.detail || `请求被拒绝（${answer.status}）。`;
  const en = findings.map((finding) => finding.en).join(" ") || told.detail_en || `The request was refused (${answer.status}).`;
  return Object.assign(new Refusal(zh, en, told.slug, answer.status), { told });
}

function signedInAgain(signal) {
  return new Promise((resolve, reject) => {
    document.addEventListener("laurel:back", resolve, { once: true });
    signal?.addEventListener("abort", () => reject(new Cancelled()), { once: true });
  });
}

/** Wait before the next try: longer each time, not in step with others, and no longer than until the line is back. */
async function pause(attempt, signal, onWait) {
  if (signal?.aborted) throw new Cancelled();
  onWait?.(true);
  const longest = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(attempt, 6));
  await new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, longest / 2 + (Math.random() * longest) / 2);
    window.addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
  if (signal?.aborted) throw new Cancelled();
}

/** One request to storage. `onSent` is told the bytes that are out. Throws Broken, Cancelled. */
function put(method, url, body, onSent, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Cancelled());
    const request = new XMLHttpRequest();
    let stalled = 0;
    const alive = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    const stop = () => request.abort();
    const end = (settle, value) => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", stop);
      settle(value);
    };
    request.open(method, url);
    request.upload.onprogress = (event) => {
      alive();
      onSent(event.loaded);
    };
    request.onload = () => {
      const well = request.status >= 200 && request.status < 300;
      end(well ? resolve : reject, well ? request : new Broken(request.status, request.responseText));
    };
    request.onerror = () => end(reject, new Broken(0, ""));
    request.onabort = () => end(reject, signal.aborted ? new Cancelled() : new Broken(0, ""));
    signal.addEventListener("abort", stop);
    alive();
    request.send(body);
  });
}

const TOO_LARGE = new Set(["EntityTooLarge", "EntityTooSmall"]);

/** What storage's refusal means for whoever sent the file. */
function meant(broken, name) {
  if (TOO_LARGE.has(broken.code))
    return new Refusal(
      `${name} 被存储拒收：文件过大或为空。请核对文件大小，过大的另存为较小的文件后重新上传。`,
      `Storage turned ${name} away: it is too large, or empty. Save it smaller and upload it again.`,
      "material-too-large",
      broken.status,
    );
  return new Refusal(
    `${name} 被存储拒收（${broken.code || broken.status}）。请删除后重新上传；如再次出现，请联系秘书处。`,
    `Storage turned ${name} away (${broken.code || broken.status}). Remove it and upload it again.`,
    "refused-by-storage",
    broken.status,
  );
}

/** Send a file in one piece by its signed form. */
export async function sendWhole(form, file, { onSent, onWait, signal }) {
  for (let attempt = 0; ; attempt++) {
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    try {
      await put("POST", form.url, body, (sent) => (onWait(false), onSent(Math.min(sent, file.size))), signal);
      return;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      if (!error.passes) throw meant(error, file.name);
      await pause(attempt, signal, onWait);
    }
  }
}

/** Send the parts of a file that storage has not got yet. `fresh`: nothing can have been sent before. */
export async function sendParts(material, file, { onSent, onWait, signal }) {
  const url = `/desk/materials/${material}/parts`;
  const progress = await ask("GET", url, undefined, { signal, onWait });
  if (progress.state !== "uploading") return;
  const known = (await find(material))?.digests ?? {};
  const waiting = [];
  const sent = new Map();
  const tell = () => onSent([...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
  const held = new Set(progress.held.map((part) => part.number));
  for (let number = 1; number <= progress.count; number++) {
    const part = slice(file, number, progress.part_bytes);
    // Only what is known to be this very file's part may stay: by its digest, taken when it was sent.
    if (held.has(number) && (await same(part, known[number]))) sent.set(number, part.size);
    else waiting.push(number);
    if (signal.aborted) throw new Cancelled();
  }
  tell();
  const worker = async () => {
    while (waiting.length) {
      const number = waiting.shift();
      const part = slice(file, number, progress.part_bytes);
      await keepPart(material, number, await digestOf(part, file.name));
      await sendPart(url, number, part, file.name, {
        signal,
        onWait,
        onSent: (bytes) => (sent.set(number, Math.min(bytes, part.size)), tell()),
      });
      sent.set(number, part.size);
      tell();
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
}

async function sendPart(url, number, part, name, { onSent, onWait, signal }) {
  for (let attempt = 0, refused = 0; ; attempt++) {
    const { links } = await ask("POST", url, { numbers: [number] }, { signal, onWait });
    try {
      await put("PUT", links[0].url, part, (sent) => (onWait(false), onSent(sent)), signal);
      return;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      // 403: the link ran out on a slow line; another one is asked for.
      if (!error.passes && !(error.status === 403 && ++refused < LINKS_REFUSED)) throw meant(error, name);
      onSent(0);
      await pause(attempt, signal, onWait);
    }
  }
}

function slice(file, number, size) {
  return file.slice((number - 1) * size, Math.min(number * size, file.size));
}

async function same(part, digest) {
  return digest !== undefined && digest !== "" && (await digestOf(part, "")) === digest;
}

/** SHA-256 in hexadecimal; empty where the browser offers none (a page without TLS). Throws Refusal. */
export async function digestOf(blob, name) {
  let bytes = null;
  try {
    bytes = await blob.arrayBuffer();
  } catch {
    throw new Refusal(
      `无法读取 ${name}：文件可能已移动、改名或正被其他程序占用。请关闭占用它的程序后重新选择。`,
      `${name} cannot be read: it was moved, renamed or is in use. Choose it again.`,
      "unreadable",
    );
  }
  if (!globalThis.crypto?.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
