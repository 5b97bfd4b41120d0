// What is read aloud: politely, the newest only, and at most once in ten seconds.

const PAUSE_MS = 10_000;

/** @param {Element} region an element with aria-live="polite" @param {() => number} [wall] */
export function makeAnnouncer(region, wall = () => performance.now()) {
  let last = -Infinity;
  let waiting = '';
  let timer = 0;

  const say = () => {
    timer = 0;
    last = wall();
    region.textContent = waiting;
  };
  return (/** @type {string} */ text) => {
    waiting = text;
    if (timer) return;
    timer = Number(setTimeout(say, Math.max(0, last + PAUSE_MS - wall())));
  };
}
