// What time it is on the board. Its source says so now and then; in between time goes on here, `rate` times as fast in a replay.

/** Milliseconds by which we may be ahead of the source without going back: waits that jump back and forth are unrest for nothing. */
const SLACK_MS = 1500;

/** @param {() => number} [wall] a clock that never goes back, in ms */
export function makeClock(wall = () => performance.now()) {
  let at = NaN;
  let rate = 1;
  let since = 0;
  let stopped = false;

  const now = () => (stopped ? at : at + (wall() - since) * rate);
  return {
    /** Epoch ms; NaN until it was told. */
    now,
    rate: () => rate,
    /** The source says what time it is. @param {string} time @param {number} [newRate] */
    tell(time, newRate) {
      const told = Date.parse(time);
      if (Number.isNaN(told)) return;
      const jump = newRate !== undefined && newRate !== rate;
      if (newRate !== undefined && newRate > 0) rate = newRate;
      const ours = now();
      const ahead = ours - told;
      at = !jump && ahead > 0 && ahead < SLACK_MS * rate ? ours : told;
      since = wall();
      stopped = false;
    },
    /** Nobody tells us any more: stand still rather than make things up. */
    stop() {
      if (stopped) return;
      at = now();
      stopped = true;
    },
    /** It told something, though not the time: go on. */
    go() {
      if (!stopped) return;
      since = wall();
      stopped = false;
    },
  };
}
