// The order of the files: by dragging, by buttons, by Alt and the arrow keys.

import { ask } from "./transfer.js";

const SAVED_AFTER_MS = 400;
const TOWARDS = { up: "previousElementSibling", down: "nextElementSibling" };

export class Order {
  constructor(desk) {
    this.desk = desk;
    this.dragged = null;
  }

  /** One place up or down; `from` is what holds the focus, and keeps it. */
  step(row, from, way) {
    const other = row.element[TOWARDS[way]];
    if (!other) return;
    if (way === "up") other.before(row.element);
    else other.after(row.element);
    (from ?? row.element.querySelector(`[data-act=${way}]`)).focus();
    this.changed(row);
  }

  sortable(kind) {
    const list = kind.querySelector("ol");
    list.addEventListener("dragstart", (event) => {
      this.dragged = this.desk.rows.find((row) => row.element === event.target) ?? null;
      if (this.dragged) event.dataTransfer.effectAllowed = "move";
    });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("li.file");
      if (this.dragged?.kind !== kind || !over || over === this.dragged.element) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      if (event.clientY < box.top + box.height / 2) over.before(this.dragged.element);
      else over.after(this.dragged.element);
    });
    list.addEventListener("dragend", () => {
      if (this.dragged) this.changed(this.dragged);
      this.dragged = null;
    });
  }

  changed(row) {
    const place = [...row.element.parentElement.children].indexOf(row.element) + 1;
    this.desk.speak(`${row.name} 移到第 ${place} 位。`, `${row.name} is number ${place}.`);
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(row), SAVED_AFTER_MS);
  }

  async save(row) {
    const placed = [...this.desk.root.querySelectorAll("li.file[data-id]")].filter((one) => one.dataset.state !== "removed");
    try {
      await ask("PUT", `/desk/entries/${this.desk.entry}/order`, { material_ids: placed.map((one) => one.dataset.id) });
    } catch (error) {
      row.why(error.zh, error.en);
    }
  }
}
