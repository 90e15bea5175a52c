// The files of an entry: chosen, dropped, put in order, sent several at once, watched until their verdict is there.

import { choose, locked, underWay } from "./choosing.js";
import { find, forget, keep, tidy } from "./kept.js";
import { Order } from "./order.js";
import { Row, say } from "./row.js";
import { ask, Cancelled, digestOf, Refusal, sendParts, sendWhole } from "./transfer.js";
import { watch } from "./watching.js";

const AT_ONCE = 3;
const HASHED_UP_TO = 64 * 1024 * 1024;
const AGAIN = 2; // times that what storage lacks in the end is sent once more

class Desk {
  constructor(root) {
    this.root = root;
    this.entry = root.dataset.entry;
    this.partsFrom = Number(root.dataset.partsFrom);
    this.count = (text) => [...text].filter((character) => character.trim()).length;
    this.tags = {};
    for (const template of root.querySelectorAll("template[data-state]")) this.tags[template.dataset.state] = template;
    this.blank = root.querySelector("template[data-row]");
    this.said = root.querySelector("[data-part=said]");
    this.rows = [];
    this.queue = [];
    this.running = 0;
    this.beginning = Promise.resolve();
    this.order = new Order(this);
    this.kinds = [...root.querySelectorAll("[data-kind]")];
    for (const kind of this.kinds) this.prepare(kind);
    this.toldOf = this.standing();
    root.classList.add("live");
  }

  prepare(kind) {
    const input = kind.querySelector("input[type=file]");
    input.addEventListener("change", () => {
      this.add(kind, [...input.files].map((file) => ({ file })));
      input.value = "";
    });
    if (kind.dataset.resumable && window.showOpenFilePicker) input.addEventListener("click", (event) => this.pick(event, kind));
    const files = (event) => event.dataTransfer?.types.includes("Files");
    kind.addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      kind.classList.add("over");
    });
    kind.addEventListener("dragleave", (event) => kind.contains(event.relatedTarget) || kind.classList.remove("over"));
    kind.addEventListener("drop", async (event) => {
      kind.classList.remove("over");
      if (!files(event)) return;
      event.preventDefault();
      const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
      const dropped = items.map((item) => ({ file: item.getAsFile(), handle: item.getAsFileSystemHandle?.() }));
      for (const one of dropped) one.handle = await Promise.resolve(one.handle).catch(() => null);
      this.add(kind, dropped.filter((one) => one.file));
    });
    for (const element of kind.querySelectorAll("li.file")) this.adopt(element, kind);
    this.order.sortable(kind);
  }

  /** The browser's own picker, where it lets a page find the same file again after its end. */
  async pick(event, kind) {
    event.preventDefault();
    const handles = await window.showOpenFilePicker({ multiple: true }).catch(() => []);
    this.add(kind, await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle }))));
  }

  adopt(element, kind) {
    const row = new Row(this, element, kind);
    this.rows.push(row);
    return row;
  }

  row(kind, before = null) {
    const element = this.blank.content.firstElementChild.cloneNode(true);
    kind.querySelector("ol").insertBefore(element, before);
    return this.adopt(element, kind);
  }

  add(kind, chosen) {
    for (const { file, handle } of chosen) this.take(this.row(kind), file, handle ?? null);
  }

  take(row, file, handle, replaces = null) {
    Object.assign(row, { file, handle, replaces, bytes: file.size, control: new AbortController() });
    row.call(file.name);
    row.preview(file);
    row.tag("waiting");
    this.tell();
    this.queue.push(row);
    this.pump();
  }

  pump() {
    while (this.running < AT_ONCE && this.queue.length) {
      this.running++;
      this.run(this.queue.shift()).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  async run(row) {
    row.sending = true;
    try {
      if (!row.file.size) throw new Refusal(`${row.name} 是空文件，请重新选择。`, `${row.name} is empty.`, "empty");
      const begun = row.id ? { upload: null } : await this.begin(row);
      if (!begun) return;
      if (row.control.signal.aborted) await this.giveBack(row); // taken back while the desk was being asked
      const form = begun.upload;
      await locked(row.id, () => this.carry(row, form));
    } catch (error) {
      row.settle();
      if (error instanceof Cancelled) return;
      if (!(error instanceof Refusal)) throw error;
      row.tag("refused");
      row.why(error.zh, error.en);
      this.speak(error.zh, error.en);
      if (error.status === 404) row.id = null;
      row.over = error.slug === "upload-expired";
    }
  }

  /** The place of a file that is not to come after all. */
  async giveBack(row) {
    await ask("DELETE", `/desk/materials/${row.id}`).catch(() => null);
    await forget(row.id);
    throw new Cancelled();
  }

  /** A place among the entry's files; none for a file that is here already, until its owner says that it is meant. */
  async begin(row) {
    if (row.file.size <= HASHED_UP_TO) row.sha256 = await digestOf(row.file, row.name);
    // One after the other: so they stand in the order in which they were chosen, and one of two twins is the first.
    const begun = await (this.beginning = this.beginning.catch(() => {}).then(() => this.announced(row)));
    if (!begun) return null;
    row.render(begun, { among: true });
    const { name, size, lastModified } = row.file;
    const handle = row.handle ?? undefined;
    await keep({ material: row.id, entry: this.entry, name, size, lastModified, handle, digests: {} });
    return begun;
  }

  async announced(row) {
    if (row.control.signal.aborted) throw new Cancelled();
    const twin = row.meant ? null : this.twin(row);
    if (twin) {
      row.settle();
      row.tag("doubled");
      row.why(`与 ${twin.name} 是同一个文件，未重复上传。`, `It is the same file as ${twin.name} and was not sent again.`);
      this.speak(`${row.name} 与 ${twin.name} 是同一个文件。`, `${row.name} is the same file as ${twin.name}.`);
      return null;
    }
    const asked = {
      kind: row.kind.dataset.kind,
      name: row.file.name,
      bytes: row.file.size,
      in_parts: row.file.size >= this.partsFrom,
      sha256: row.sha256 || null,
      replaces: row.replaces,
    };
    const options = { signal: row.control.signal, onWait: (broken) => row.waits(broken) };
    const begun = await ask("POST", `/desk/entries/${this.entry}/materials`, asked, options);
    row.id = begun.material_id;
    return begun;
  }

  /** A file of the entry that is the same as this one. */
  twin(row) {
    const same = (one) => one !== row && one.id && one.id !== row.replaces && row.sha256 && one.sha256 === row.sha256;
    return this.rows.find((one) => same(one) && !["removed", "rejected", "refused"].includes(one.state));
  }

  async carry(row, form) {
    const url = `/desk/materials/${row.id}/completion`;
    const options = { signal: row.control.signal, onWait: (broken) => row.waits(broken), onSent: (sent) => row.progress(sent) };
    row.progress(0);
    for (let attempt = 0; ; attempt++) {
      if (form) await sendWhole(form, row.file, options);
      else await sendParts(row.id, row.file, options);
      try {
        const material = await ask("POST", url, undefined, options);
        row.settle();
        row.why("", "");
        row.render(material);
        this.tell();
        await forget(row.id);
        return;
      } catch (error) {
        if (error.slug !== "upload-missing" || attempt >= AGAIN) throw error;
      }
    }
  }

  // What the buttons of a row do.

  async cancel(row) {
    row.control?.abort();
    this.queue = this.queue.filter((one) => one !== row);
    if (row.id) await ask("DELETE", `/desk/materials/${row.id}`).catch(() => null);
    if (row.id) await forget(row.id);
    this.drop(row);
    this.speak(`已取消上传 ${row.name}。`, `${row.name} is not uploaded.`);
  }

  async remove(row) {
    row.leaving = true; // the desk may tell of the removal before it answers this page: the row stays, with its undo
    try {
      await this.takeAway(row);
    } finally {
      row.leaving = false;
    }
  }

  async takeAway(row) {
    const arrived = ["uploaded", "accepted", "rejected"].includes(row.state);
    if (row.id) {
      try {
        await ask("DELETE", `/desk/materials/${row.id}`);
      } catch (error) {
        if (error.status !== 404) return row.why(error.zh, error.en);
      }
      await forget(row.id);
    }
    if (!row.id || !arrived) return this.drop(row);
    row.tag("removed");
    row.why(`已删除 ${row.name}，一天之内可以撤销。`, `${row.name} was removed; for a day this can be undone.`);
    row.element.querySelector("[data-act=restore]").focus();
    this.tell();
  }

  async restore(row) {
    try {
      row.render(await ask("POST", `/desk/materials/${row.id}/restoration`));
      this.tell();
    } catch (error) {
      row.why(error.zh, error.en);
    }
  }

  retry(row) {
    row.why("", "");
    if (row.id && (!row.inParts || row.over)) this.anew(row, row.file, row.handle);
    else this.take(row, row.file, row.handle, row.replaces);
  }

  /** Begin anew in the same place: a file sent in one piece, or one whose time has run out. */
  anew(row, file, handle) {
    const fresh = this.row(row.kind, row.element);
    this.drop(row);
    this.take(fresh, file, handle, row.id);
  }

  anyway(row) {
    row.meant = true;
    this.retry(row);
  }

  replace(row) {
    choose(row.kind, (file) => this.anew(row, file, null));
  }

  /** Go on with an upload that was broken off: with the file itself where the browser may find it, else chosen again. */
  async resume(row) {
    const kept = await find(row.id);
    const handle = kept?.handle;
    if (handle && (await handle.requestPermission({ mode: "read" }).catch(() => "denied")) === "granted") {
      const file = await handle.getFile().catch(() => null);
      if (file) return this.goOn(row, file, handle);
    }
    choose(row.kind, (file) => this.goOn(row, file, null));
  }

  goOn(row, file, handle) {
    if (row.inParts && file.size !== row.bytes)
      return row.why(
        `所选的 ${file.name}（${file.size} 字节）不是中断的那个文件 ${row.name}（${row.bytes} 字节），请重新选择。`,
        `${file.name} (${file.size} bytes) is not ${row.name} (${row.bytes} bytes), which was broken off.`,
      );
    row.why("", "");
    if (row.inParts) this.take(row, file, handle);
    else this.anew(row, file, handle);
  }

  /** Uploads that an earlier page began and did not finish. */
  async goOnWithAll() {
    await tidy();
    const elsewhere = await underWay();
    for (const row of this.rows.filter((one) => one.state === "uploading")) {
      if (elsewhere.has(row.id)) {
        row.tag("sending");
        row.why("正在另一个窗口中上传。", "Another window is sending it.");
        continue;
      }
      const kept = await find(row.id);
      row.tag("broken");
      row.why(
        `${row.name} 上传中断。请点“继续上传”，选择同一文件；已传的部分不会重传。`,
        `${row.name} was broken off. Go on with the same file: what was sent is not sent again.`,
      );
      if ((await kept?.handle?.queryPermission({ mode: "read" }).catch(() => "denied")) !== "granted") continue;
      const file = await kept.handle.getFile().catch(() => null);
      if (file) this.goOn(row, file, kept.handle);
    }
  }

  drop(row) {
    row.element.remove();
    this.rows = this.rows.filter((one) => one !== row);
    this.tell();
  }

  up(row, from) {
    this.order.step(row, from, "up");
  }

  down(row, from) {
    this.order.step(row, from, "down");
  }

  // What the desk says by itself.

  update(materials) {
    const known = new Set(materials.map((material) => material.material_id));
    for (const material of materials) {
      const row = this.rows.find((one) => one.id === material.material_id);
      if (row?.leaving) continue;
      if (row) row.render(material, { among: true });
      else if (!this.rows.some((one) => one.sending && !one.id)) this.appear(material);
    }
    const stays = (row) => !row.id || known.has(row.id) || row.sending || row.leaving || row.state === "removed";
    for (const row of this.rows.filter((one) => !stays(one))) this.drop(row);
    this.tell();
  }

  /** A file that another window has added. */
  appear(material) {
    const kind = this.kinds.find((one) => one.dataset.kind === material.kind);
    if (kind) this.row(kind).render(material, { among: true });
  }

  announce(row, material) {
    if (material.state === "accepted") this.speak(`${row.name} 符合要求。`, `${row.name} fits the rules.`);
    else this.speak(`${row.name} 不符合要求。`, `${row.name} does not fit the rules.`);
  }

  speak(zh, en) {
    say(this.said, zh, en);
  }

  /** How many there are; other parts of the page are told if something has changed. */
  tell() {
    for (const kind of this.kinds) {
      const held = this.rows.filter((row) => row.kind === kind && row.state !== "removed").length;
      kind.querySelector("[data-part=count]").textContent = `${held}/${kind.dataset.most}`;
    }
    const standing = this.standing();
    if (standing === this.toldOf) return;
    this.toldOf = standing;
    document.dispatchEvent(new CustomEvent("laurel:materials", { detail: { entry: this.entry } }));
  }

  standing() {
    return this.rows.map((row) => `${row.id} ${row.state} ${row.saved}`).join();
  }
}

const root = document.getElementById("materials");
if (root?.dataset.editable === "true") {
  const desk = new Desk(root);
  import("/static/zi.js")
    .then(({ countZi }) => {
      desk.count = countZi;
      for (const row of desk.rows) row.counted();
    })
    .catch(() => null);
  desk.goOnWithAll();
  watch(desk.entry, (materials) => desk.update(materials));
}
