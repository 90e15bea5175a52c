// What every page with scripts shares: requests with the form token, and what to do when the session has lapsed.
// Import it as "/static/laurel.js": the page's import map knows its one address.

const meta = document.querySelector('meta[name="csrf"]');

/** The header that proves that a request comes from this page. */
export function proof() {
  return meta ? { [meta.dataset.header]: meta.content } : {};
}

/** Ask whether somebody is signed in; takes over the token of a session that began in another tab. */
export async function signedIn() {
  const answer = await fetch("/session", { headers: proof(), cache: "no-store" });
  if (!answer.ok) return false;
  const told = await answer.json();
  if (told.signed_in && meta) meta.content = told.csrf;
  return told.signed_in;
}

function showLapsed(shown) {
  const box = document.getElementById("lapsed");
  if (box) box.hidden = !shown;
}

let waiting = null;

/** Resolves when somebody is signed in again; until then the page says so. What was typed stays where it is. */
export function lapsed() {
  waiting ??= new Promise((resolve) => {
    showLapsed(true);
    document.dispatchEvent(new CustomEvent("laurel:lapsed"));
    const look = async () => {
      if (document.hidden || !(await signedIn().catch(() => false))) return;
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      showLapsed(false);
      waiting = null;
      document.dispatchEvent(new CustomEvent("laurel:back"));
      resolve();
    };
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
  });
  return waiting;
}

/** fetch with the token and JSON. A 401 shows the sentence about signing in again, and the answer is handed on all the same. */
export async function send(method, url, body) {
  const once = () =>
    fetch(url, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json", ...proof() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  let answer = await once();
  // Signed in anew in another tab: the token of this page belongs to the session before.
  if (answer.status === 403 && (await answer.clone().json().catch(() => ({}))).slug === "stale-form" && (await signedIn()))
    answer = await once();
  if (answer.status === 401) lapsed();
  return answer;
}

// The summary of what is wrong is read first.
document.getElementById("errors")?.focus();
