// What becomes of the files, as it happens: server-sent events while the page is looked at, asking now and then where
// there are none.

import { lapsed, send } from "/static/laurel.js";

const ASK_EVERY_MS = 3000;
const TOO_OFTEN = 3; // a line that breaks so often in a row carries no events (some proxies hold them back)

export function watch(entry, told) {
  const url = `/desk/entries/${entry}/materials`;
  let source = null;
  let broken = 0;
  let asking = 0;

  function open() {
    if (source || asking || document.hidden) return;
    source = new EventSource(`${url}/live`);
    source.onmessage = (event) => {
      broken = 0;
      told(JSON.parse(event.data).materials);
    };
    source.addEventListener("lapsed", async () => {
      close();
      await lapsed();
      open();
    });
    source.onerror = () => {
      broken += 1;
      if (source.readyState !== EventSource.CLOSED && broken < TOO_OFTEN) return;
      close();
      ask();
      asking = setInterval(ask, ASK_EVERY_MS);
    };
  }

  function close() {
    source?.close();
    source = null;
  }

  async function ask() {
    if (document.hidden) return;
    const answer = await send("GET", url).catch(() => null);
    if (answer?.ok) told((await answer.json()).materials);
    else if (answer?.status === 401) await lapsed();
  }

  // Browsers hold few lines to one place: a page that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}
