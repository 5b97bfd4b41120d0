// What the address of the page says, and addresses that keep it: who looks at one queue in the dark goes on doing so.

const asked = new URLSearchParams(location.search);

/** The queue that is looked at, or null. */
export const queue = asked.get('queue');
/** The interaction of a drill-down page, or null. */
export const interactionId = asked.get('id');

/** @param {string} path @param {Record<string, string | null>} parameters */
function address(path, parameters) {
  const theme = asked.get('theme');
  const kept = Object.entries({ ...parameters, theme }).filter(([, value]) => value !== null);
  const query = new URLSearchParams(/** @type {[string, string][]} */ (kept)).toString();
  return query ? `${path}?${query}` : path;
}

/** @param {string | null} name */
export const boardAddress = (name) => address('/', { queue: name });
/** @param {string} id */
export const interactionAddress = (id) => address('/interaction', { id, queue });
/** @param {string} path */
export const apiAddress = (path) => (queue === null ? path : `${path}?queue=${encodeURIComponent(queue)}`);
