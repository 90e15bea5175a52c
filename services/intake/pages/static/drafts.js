// Texts that are not on the server yet, kept in this browser: they survive a reload, a crash, an hour without network.
//
// Each tab keeps its own under laurel:draft:<account>:<entry>:<tab>, so that two tabs never overwrite each other's.
// What a tab has left behind that is gone is taken over by the next one that shows the entry. A tab shows that it is
// there by a lock; where the browser has none (plain http), by a pulse.

const PULSE = 5000;
const GONE = 20000;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch {
    return {};
  }
}

/** Whether this tab holds the lock of that name from now on, until it is gone. */
function hold(name) {
  return new Promise((held) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      held(lock !== null);
      return lock ? new Promise(() => {}) : null;
    });
  });
}

export class Drafts {
  static async open(account, entry) {
    const drafts = new Drafts();
    drafts.prefix = `laurel:draft:${account}:${entry}:`;
    drafts.full = false; // whether the browser refuses to keep any more
    drafts.tab = sessionStorage.getItem("laurel:tab") || "";
    // A duplicated tab gets a copy of sessionStorage: it must not write where the first one writes.
    const free = drafts.tab && (navigator.locks ? await hold(drafts.key) : !drafts.#beats(drafts.key));
    if (!free) {
      drafts.tab = Math.random().toString(36).slice(2, 12);
      sessionStorage.setItem("laurel:tab", drafts.tab);
      if (navigator.locks) await hold(drafts.key);
    }
    drafts.texts = read(drafts.key).texts || {};
    setInterval(() => drafts.#write(Date.now()), PULSE);
    return drafts;
  }

  get key() {
    return this.prefix + this.tab;
  }

  /** Keep a text with the version it was typed over and what was sent of it since. */
  keep(field, draft) {
    this.texts[field] = draft;
    this.#write(Date.now());
  }

  drop(field) {
    delete this.texts[field];
    this.#write(Date.now());
  }

  /** The page goes away: if it comes back it is the same tab, else others may take over at once. */
  leave() {
    this.#write(0);
  }

  /** What tabs that are gone have left, newest first: [field, draft] pairs. This tab has to keep them from now on. */
  async orphans() {
    const held = navigator.locks ? new Set((await navigator.locks.query()).held.map((lock) => lock.name)) : null;
    const found = [];
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(this.prefix) || key === this.key) continue;
      if (held ? held.has(key) : this.#beats(key)) continue;
      found.push(...Object.entries(read(key).texts || {}));
      localStorage.removeItem(key);
    }
    return found.sort((a, b) => b[1].at - a[1].at);
  }

  #beats(key) {
    return Date.now() - (read(key).alive || 0) < GONE;
  }

  #write(alive) {
    try {
      if (Object.keys(this.texts).length) localStorage.setItem(this.key, JSON.stringify({ alive, texts: this.texts }));
      else localStorage.removeItem(this.key);
      this.full = false;
    } catch {
      this.full = true; // no room or not allowed: the page says so, and goes on saving to the server
    }
  }
}
