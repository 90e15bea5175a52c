// How long there is, while time goes by: in minutes, in the last ten of them in seconds. It goes by the server's clock,
// which the page tells: the clock of this computer may be wrong, may be set anew, and may stand still while it sleeps.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const BY_SECONDS = 10 * MINUTE;
const SAID_AT = [60, 10, 5, 1].map((minutes) => minutes * MINUTE);
const APART = 3 * SECOND; // two clocks that disagree by more: one of them was set, or stood still

const many = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The time left in words, as the server writes them (words.remaining); from ten minutes on with seconds. */
export function words(left) {
  const seconds = Math.floor(left / SECOND);
  const [rest, minutes] = [seconds % 60, Math.floor(seconds / 60)];
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days) return [`还剩 ${days} 天 ${hours} 小时`, `${many(days, "day")} ${many(hours, "hour")} left`];
  if (hours) return [`还剩 ${hours} 小时 ${minutes % 60} 分钟`, `${many(hours, "hour")} ${many(minutes % 60, "minute")} left`];
  if (left >= BY_SECONDS) return [`还剩 ${minutes} 分钟`, `${many(minutes, "minute")} left`];
  if (minutes) return [`还剩 ${minutes} 分 ${String(rest).padStart(2, "0")} 秒`, `${many(minutes, "minute")} ${many(rest, "second")} left`];
  return [`还剩 ${rest} 秒`, `${many(rest, "second")} left`];
}

/** The server's clock. Begun when the page was asked for, not when it came: rather a moment too little than too much. */
class Clock {
  constructor(told) {
    const asked = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;
    this.#set(told, asked, Date.now() - (performance.now() - asked));
  }

  #set(server, steady, wall) {
    Object.assign(this, { server, steady, wall });
  }

  /** The time now; the server is asked where this computer's own clocks have come apart. */
  async now() {
    let [steady, wall] = [performance.now() - this.steady, Date.now() - this.wall];
    if (Math.abs(steady - wall) > APART && !(await this.#ask())) return this.server + Math.max(steady, wall);
    return this.server + performance.now() - this.steady;
  }

  async #ask() {
    const [steady, wall] = [performance.now(), Date.now()];
    const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store" }).catch(() => null);
    const told = Date.parse(answer?.headers.get("Date"));
    if (Number.isNaN(told)) return false;
    this.#set(told + SECOND / 2, steady, wall); // it comes in whole seconds
    return true;
  }
}

const shown = [...document.querySelectorAll("[data-until]")].map((element) => ({
  element,
  until: Number(element.dataset.until),
  left: Infinity,
}));
const clock = shown.length ? new Clock(Number(shown[0].element.dataset.now)) : null;
const voice = document.createElement("p");
let next = 0;

/** What ticks is silent; those who listen are told at an hour, ten, five minutes, one minute, and when it is over. */
function say(element, texts) {
  const sentences = ["zh", "en"].map((lang, at) => {
    const span = document.createElement("span");
    span.className = lang;
    if (lang === "en") span.lang = lang;
    span.textContent = `${at ? "" : element.dataset.of || ""} ${texts[at]} `;
    return span;
  });
  voice.replaceChildren(...sentences);
}

function show(one, left) {
  const { element } = one;
  const texts = left > 0 ? words(left) : [element.dataset.passedZh, element.dataset.passedEn];
  for (const [at, lang] of ["zh", "en"].entries()) {
    const place = element.querySelector(`[data-left=${lang}]`);
    if (place.textContent !== texts[at]) place.textContent = texts[at];
  }
  element.classList.toggle("passed", left <= 0);
  const notice = element.nextElementSibling;
  if (notice?.dataset.passed !== undefined) notice.hidden = left > 0;
  if (Number.isFinite(one.left) && [0, ...SAID_AT].some((mark) => one.left > mark && left <= mark)) say(element, texts);
  one.left = left;
}

async function tick() {
  clearTimeout(next);
  const now = await clock.now();
  clearTimeout(next); // of another that was waiting for the server, too
  let wait = MINUTE;
  for (const one of shown) {
    const left = one.until - now;
    show(one, left);
    if (left > 0) wait = Math.min(wait, left % (left > BY_SECONDS ? MINUTE : SECOND));
  }
  next = setTimeout(tick, wait + 10);
}

if (clock) {
  voice.className = "unseen";
  voice.setAttribute("role", "status");
  document.getElementById("main").append(voice);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  window.addEventListener("pageshow", tick);
  tick();
}
