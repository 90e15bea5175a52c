// One file on the page: what it is, how far it has come, what is wrong with it, its caption.

import { ask } from "./transfer.js";

const CAPTION_PAUSE_MS = 800;
// What this page knows of an upload that the desk only knows to be under way.
const KNOWN_BETTER = new Set(["waiting", "sending", "broken", "refused"]);
const unsaved = (id) => `laurel-caption-${id}`;

export const size = (bytes) => {
  const [unit, by] = bytes >= 1048576 ? ["MB", 1048576] : bytes >= 1024 ? ["KB", 1024] : ["B", 1];
  return `${Number((bytes / by).toFixed(unit === "MB" ? 2 : 1))} ${unit}`;
};

/** Put a sentence in both languages into an element; it is shown if there is one. */
export function say(element, zh, en) {
  element.replaceChildren();
  element.hidden = !zh;
  if (!zh) return;
  for (const [lang, text] of [["zh", zh], ["en", en]]) {
    if (!text) continue;
    const span = document.createElement("span");
    span.className = lang;
    if (lang === "en") span.lang = "en";
    span.textContent = text;
    element.append(span, " ");
  }
}

export class Row {
  /** `element` is a row of the page; the desk's word for it is rendered into it as it comes. */
  constructor(desk, element, kind) {
    Object.assign(this, { desk, element, kind, id: element.dataset.id || null });
    this.state = element.dataset.state;
    this.sha256 = element.dataset.sha256 || "";
    this.bytes = Number(element.dataset.bytes || 0);
    this.inParts = element.dataset.parts === "true";
    this.name = this.part("name").textContent.trim();
    this.caption = this.part("caption");
    this.saved = this.caption.value;
    this.sending = false;
    element.addEventListener("click", (event) => this.act(event));
    element.addEventListener("keydown", (event) => this.move(event));
    this.caption.addEventListener("input", () => this.typed());
    this.counted();
    this.offer();
    if (this.id) this.recall();
  }

  part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  act(event) {
    const button = event.target.closest("button[data-act]");
    if (!button) return;
    event.preventDefault();
    this.desk[button.dataset.act](this);
  }

  move(event) {
    const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!event.altKey || !step) return;
    event.preventDefault();
    this.desk[step](this, event.target);
  }

  /** What the desk says of this file; `among`: with the others, without which nobody knows whether it is one of them. */
  render(material, { among = false } = {}) {
    this.id = material.material_id;
    this.element.id = `at-material:${this.id}`;
    this.element.dataset.id = this.id;
    this.inParts = material.in_parts;
    this.bytes = material.bytes;
    this.sha256 = material.sha256 ?? this.sha256;
    this.call(material.name);
    if (document.activeElement !== this.caption && this.caption.value === this.saved) {
      this.caption.value = this.saved = material.caption;
      this.counted();
    }
    if (material.state === "uploading" && KNOWN_BETTER.has(this.state)) return;
    const was = this.state;
    this.tag(material.state);
    this.why(material.findings.map((f) => f.zh).join(""), material.findings.map((f) => f.en).join(" "));
    const [zh, en] = [material.warnings.map((f) => f.zh).join(""), material.warnings.map((f) => f.en).join(" ")];
    if (among) say(this.part("warning"), zh && `提示：${zh}`, en && `Note: ${en}`);
    this.part("plays").hidden = !material.playable;
    if (material.playable) this.part("plays").querySelector("a").href = `/desk/materials/${this.id}/playable`;
    this.picture(material);
    if (was !== material.state && ["accepted", "rejected"].includes(material.state)) this.desk.announce(this, material);
  }

  call(name) {
    this.name = name;
    this.part("name").textContent = name;
    this.part("size").textContent = this.bytes ? size(this.bytes) : "";
    for (const button of this.element.querySelectorAll("button[data-act]")) {
      const word = button.dataset.word;
      if (word) button.setAttribute("aria-label", `${word} ${name}`);
    }
    this.part("progress").setAttribute("aria-label", `${name} 上传进度 upload progress`);
    this.caption.setAttribute("aria-label", `${name} 的说明 caption`);
  }

  /** A state by its tag; which buttons make sense follows from it. */
  tag(state) {
    this.state = this.element.dataset.state = state;
    const tag = this.desk.tags[state];
    if (tag) this.part("tag").replaceChildren(tag.content.cloneNode(true));
    if (state !== "sending") this.part("progress").hidden = true;
    this.offer();
  }

  offer() {
    const arrived = ["uploaded", "accepted", "rejected"].includes(this.state);
    const shown = {
      cancel: ["waiting", "sending", "broken", "doubled"].includes(this.state),
      remove: arrived || ["uploading", "refused"].includes(this.state),
      resume: this.state === "broken" || this.state === "uploading",
      anyway: this.state === "doubled",
      retry: this.state === "refused" && Boolean(this.file),
      replace: this.state === "rejected",
      restore: this.state === "removed",
      up: Boolean(this.id) && this.state !== "removed",
      down: Boolean(this.id) && this.state !== "removed",
    };
    for (const button of this.element.querySelectorAll("button[data-act]")) button.hidden = !shown[button.dataset.act];
    this.part("captioned").hidden = !this.id || this.state === "removed";
    this.element.draggable = Boolean(shown.up);
  }

  why(zh, en) {
    say(this.part("why"), zh, en);
  }

  progress(sent) {
    if (this.state !== "sending") this.tag("sending");
    const whole = Math.floor((sent / Math.max(1, this.bytes)) * 100);
    const bar = this.part("progress");
    bar.hidden = false;
    bar.value = whole;
    this.part("how").textContent = `${whole}%`;
  }

  /** Whether the line is broken just now. */
  waits(broken) {
    if (broken) this.why("网络中断，恢复后自动继续，已传的部分不会重传。", "The line is broken; it goes on by itself.");
    else this.why("", "");
  }

  settle() {
    this.sending = false;
    this.part("how").textContent = "";
    this.part("progress").hidden = true;
  }

  /** A small picture: of the chosen file at once, of the accepted one from storage. */
  picture(material) {
    const image = this.part("picture");
    const blurred = this.part("blurred");
    // There is something to show once it was made: asked for before, the desk would send the whole file, or nothing.
    if (material?.state === "accepted" && material.picture && !image.src) {
      image.src = `/desk/materials/${this.id}/picture?side=480`;
    }
    if (material?.picture?.placeholder && !blurred.src) blurred.src = material.picture.placeholder;
    blurred.hidden = !blurred.src;
    image.hidden = !image.src;
  }

  preview(file) {
    if (!file.type.startsWith("image/")) return;
    const image = this.part("picture");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    image.onerror = () => (image.hidden = true);
    image.hidden = false;
  }

  // The caption: kept in the browser until the desk has it.

  recall() {
    const kept = localStorage.getItem(unsaved(this.id));
    if (kept === null || kept === this.caption.value) return;
    this.caption.value = kept;
    this.typed();
  }

  typed() {
    this.counted();
    if (!this.id) return;
    localStorage.setItem(unsaved(this.id), this.caption.value);
    clearTimeout(this.pausing);
    this.pausing = setTimeout(() => this.save(), CAPTION_PAUSE_MS);
  }

  counted() {
    const most = Number(this.kind.dataset.zi);
    const now = this.desk.count(this.caption.value);
    const zi = this.part("zi");
    zi.textContent = `${now}/${most} 字`;
    zi.classList.toggle("wrong", now > most);
  }

  async save(over = this.saved) {
    if (this.saving) return;
    const text = this.caption.value;
    const state = this.part("kept");
    this.saving = true;
    try {
      const answer = await ask("PUT", `/desk/materials/${this.id}/caption`, { caption: text, over });
      this.saved = text;
      if (this.caption.value === text) {
        localStorage.removeItem(unsaved(this.id));
        if (document.activeElement !== this.caption) this.caption.value = this.saved = answer.caption;
        else this.saved = answer.caption;
        say(state, "已保存", "Saved");
      }
      this.desk.tell();
    } catch (refusal) {
      this.disputed(refusal);
      return;
    } finally {
      this.saving = false;
    }
    say(this.part("dispute"), "", "");
    if (this.caption.value !== text) this.save();
  }

  /** Somebody wrote another caption in between: both are shown, and the writer chooses. */
  disputed(refusal) {
    const box = this.part("dispute");
    const saved = refusal.told?.conflicts?.[0]?.saved;
    say(box, saved === undefined ? refusal.zh : `别处已改为“${saved}”。`, saved === undefined ? refusal.en : "Changed elsewhere.");
    if (saved === undefined) return;
    const mine = choice("保留我写的", "Keep mine", () => this.save(saved));
    const theirs = choice("采用别处的", "Take the other", () => {
      this.caption.value = this.saved = saved;
      localStorage.removeItem(unsaved(this.id));
      this.counted();
      say(box, "", "");
    });
    box.append(mine, " ", theirs);
  }
}

function choice(zh, en, act) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain" });
  say(button, zh, en);
  button.addEventListener("click", act);
  return button;
}
