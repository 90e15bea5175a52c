// Two texts for one field: shown side by side, and nobody but the writer decides. Both are in the history already.

/** [same, different, same]: what two texts have in common at both ends. */
export function compare(a, b) {
  let head = 0;
  const most = Math.min(a.length, b.length);
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return [head, tail];
}

function marked(text, other) {
  const box = document.createElement("div");
  box.className = "text";
  const [head, tail] = compare(text, other);
  const mark = document.createElement("mark");
  mark.textContent = text.slice(head, text.length - tail);
  box.append(text.slice(0, head), mark, text.slice(text.length - tail));
  return box;
}

function button(zh, en, act, primary = false) {
  const made = inBoth("button", zh, en);
  made.type = "button";
  made.className = primary ? "" : "secondary";
  made.addEventListener("click", act);
  return made;
}

function inBoth(tag, zh, en) {
  const made = document.createElement(tag);
  made.innerHTML = `<span class="zh"></span> <span class="en" lang="en"></span>`;
  made.firstChild.textContent = zh;
  made.lastChild.textContent = en;
  return made;
}

const heading = (zh, en) => inBoth("h4", zh, en);

function when(at) {
  return at ? new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" }) : "";
}

/**
 * A panel with both texts. `choose(text)` is called with the one that is to stand: the writer's, the saved one, or one
 * that he put together from both; `edit(text)` while he does so.
 */
export function showConflict(field, label, conflict, choose, edit) {
  document.getElementById(`conflict-${field}`)?.remove();
  const panel = document.createElement("section");
  panel.className = "notice warning conflict";
  panel.id = `conflict-${field}`;
  panel.tabIndex = -1;
  panel.setAttribute("role", "alert");
  const title = heading(
    `“${label}”已在别处修改，两份文字都在这里，请选择一份`,
    "Changed elsewhere: both texts are here; choose one",
  );
  const at = when(conflict.saved_at);
  const who = inBoth(
    "p",
    `已保存的文字：${[conflict.saved_by || "另一个窗口", at].filter(Boolean).join("，")}`,
    `The saved text: by ${[conflict.saved_by || "another window", at].filter(Boolean).join(", ")}`,
  );
  const sides = document.createElement("div");
  sides.className = "sides";
  const mine = document.createElement("div");
  mine.append(heading("您的文字", "Yours"), marked(conflict.yours, conflict.saved));
  const theirs = document.createElement("div");
  theirs.append(heading("已保存的文字", "Saved"), marked(conflict.saved, conflict.yours));
  sides.append(mine, theirs);
  const merge = document.createElement("div");
  const merged = document.createElement("textarea");
  merged.id = `merge-${field}`;
  merged.rows = 6;
  merged.value = conflict.yours;
  merged.addEventListener("input", () => edit(merged.value));
  const name = inBoth("label", "合并：在您的文字上修改", "Merge: edit your text");
  name.htmlFor = merged.id;
  merge.append(name, merged);
  const done = (text) => {
    panel.remove();
    choose(text);
  };
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  buttons.append(
    button("用我的", "Keep mine", () => done(conflict.yours)),
    button("用已保存的", "Take the saved one", () => done(conflict.saved)),
    button("用合并后的", "Save the merged text", () => done(merged.value), true),
  );
  panel.append(title, who, sides, merge, buttons);
  return panel;
}
