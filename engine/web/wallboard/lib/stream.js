// The board's stream, and whether it is alive. Silence is news: the source says something every second, so whoever hears nothing for longer says so.

/** Silence after which the stream counts as lost; people must see it within three seconds. */
const SILENCE_MS = 2400;
const LOOK_MS = 200;
/** A browser gives up by itself where the answer is no stream; we do not. */
const AGAIN_MS = [1000, 2000, 4000, 8000];

/**
 * @typedef {object} Listener
 * @property {(board: any) => void} snapshot
 * @property {(sections: any) => void} delta
 * @property {(now: string) => void} tick
 * @property {(alive: boolean, silentMs: number, why: string | null) => void} life alive again, or silent for so long; told as it changes and each second
 */

/**
 * Listens for ever.
 * @param {string} url
 * @param {Listener} listener
 */
export function listen(url, listener) {
  let heard = performance.now();
  let alive = true;
  let told = -1;
  let fails = 0;
  /** @type {string | null} */
  let why = null;
  /** @type {EventSource} */
  let source;

  const hear = () => {
    heard = performance.now();
    fails = 0;
    why = null;
    look();
  };
  const open = () => {
    source = new EventSource(url);
    for (const kind of /** @type {const} */ (['snapshot', 'delta', 'tick'])) source.addEventListener(kind, (event) => take(kind, event.data));
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) refused();
    });
  };
  const again = () => {
    source.close();
    setTimeout(open, AGAIN_MS[Math.min(fails++, AGAIN_MS.length - 1)]);
  };
  const refused = async () => {
    again();
    why = await reason(url);
  };
  const take = (/** @type {'snapshot' | 'delta' | 'tick'} */ kind, /** @type {string} */ text) => {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      // half a message: what we know can not be trusted any more, and a new stream begins with everything
      why = 'it sent something that is no JSON';
      again();
      return;
    }
    hear();
    if (kind === 'tick') listener.tick(data.now);
    else listener[kind](data);
  };
  const look = () => {
    const silent = performance.now() - heard;
    const lives = silent < SILENCE_MS;
    const second = lives ? -1 : Math.floor(silent / 1000);
    if (lives === alive && second === told) return;
    alive = lives;
    told = second;
    listener.life(alive, silent, why);
  };
  open();
  setInterval(look, LOOK_MS);
}

/** Why there is no stream: its sister address says so in words. @param {string} url @returns {Promise<string | null>} */
async function reason(url) {
  try {
    const answer = await fetch(url.replace('/api/stream', '/api/board'), { cache: 'no-store' });
    if (answer.ok) return null;
    const body = await answer.json().catch(() => null);
    return typeof body?.error === 'string' ? body.error : `it answers ${answer.status}`;
  } catch {
    return null; // it is not there at all: the banner says so anyway
  }
}
