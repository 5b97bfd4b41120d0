// Times, spans, scores and counts as people read them.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (/** @type {number} */ n) => String(n).padStart(2, '0');

/** A wait that is watched as it grows, never wide: 0:42, 4:12, 17h04, 3d4h. @param {number} seconds */
export function wait(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.max(0, Math.floor(seconds));
  if (s < HOUR) return `${Math.floor(s / MINUTE)}:${two(s % MINUTE)}`;
  if (s < DAY) return `${Math.floor(s / HOUR)}h${two(Math.floor((s % HOUR) / MINUTE))}`;
  return `${Math.floor(s / DAY)}d${Math.floor((s % DAY) / HOUR)}h`;
}

/** A span in words: 8 s, 2 min 22 s, 2 h 5 min, 3 d 4 h. @param {number} seconds */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.max(0, seconds);
  if (s < 10) return `${Math.round(s * 10) / 10} s`;
  const whole = Math.round(s);
  const pair = (/** @type {number} */ a, /** @type {string} */ of, /** @type {number} */ b, /** @type {string} */ and) => (b ? `${a} ${of} ${b} ${and}` : `${a} ${of}`);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(Math.floor(whole / MINUTE), 'min', whole % MINUTE, 's');
  if (whole < DAY) return pair(Math.floor(whole / HOUR), 'h', Math.floor((whole % HOUR) / MINUTE), 'min');
  return pair(Math.floor(whole / DAY), 'd', Math.floor((whole % DAY) / HOUR), 'h');
}

/** How long ago or ahead, one unit: just now, 4 min, 2 h, 3 d. @param {number} seconds */
export function about(seconds) {
  const s = Math.abs(seconds);
  if (!Number.isFinite(s)) return '–';
  if (s < MINUTE) return `${Math.floor(s)} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  if (s < DAY) return `${Math.floor(s / HOUR)} h`;
  return `${Math.floor(s / DAY)} d`;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options */
function formatOf(zone, options) {
  const key = zone + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    const make = (/** @type {string} */ timeZone) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
    try {
      format = make(zone);
    } catch {
      format = make('UTC'); // a zone that this browser does not know
    }
    formats.set(key, format);
  }
  return format;
}

/** Hour and minute in a zone: 09:14. @param {string | number} time @param {string} zone @param {boolean} [seconds] */
export function hour(time, zone, seconds = false) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  return formatOf(zone, { hour: '2-digit', minute: '2-digit', ...(seconds && { second: '2-digit' }) }).format(date);
}

/** Day, hour and minute: Wed 4 Mar, 09:14. @param {string | number} time @param {string} zone */
export function day(time, zone) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  return formatOf(zone, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(date);
}

/** Hour and minute on the day of `now`, with the day on others. @param {string | number} time @param {string} zone @param {number} now */
export function moment(time, zone, now) {
  const date = formatOf(zone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  const known = !Number.isNaN(now) && !Number.isNaN(Date.parse(String(time)));
  return known && date.format(new Date(time)) !== date.format(new Date(now)) ? day(time, zone) : hour(time, zone);
}

/** A score as the board shows it: a whole number, without a sign. @param {number | null | undefined} value */
export function score(value) {
  return value === null || value === undefined ? '–' : String(Math.floor(value + 0.5));
}

/** 1,204. @param {number} n */
export function count(n) {
  return n.toLocaleString('en-GB');
}

/** One letter, two letters. @param {number} n @param {string} one @param {string} [many] */
export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Window of settings in words. @param {number} seconds */
export function windowOf(seconds) {
  return seconds % HOUR === 0 && seconds > HOUR ? `last ${seconds / HOUR} hours` : `last ${plural(Math.round(seconds / MINUTE), 'minute')}`;
}
