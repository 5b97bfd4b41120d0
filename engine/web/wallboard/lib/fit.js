// On a wall nobody scrolls: a list shows as many items as its box has room for, and a button says how many more there are and shows them.
// Where the page scrolls anyway (a phone), the box has no end and all are shown, up to a number.

import { setText } from './dom.js';

/**
 * @param {HTMLElement} panel with a .box, .rows in it, and a button .more
 * @param {number} most where the box has no end
 * @returns {{rows: HTMLElement, fit: (beyond?: number) => void}} fit: after the rows have changed; beyond: so many more are known and not listed
 */
export function fitted(panel, most) {
  const [box, rows, button] = /** @type {HTMLElement[]} */ (['.box', '.rows', '.more'].map((part) => panel.querySelector(part)));
  let open = false;
  let pending = 0;
  let unlisted = 0;

  const draw = () => {
    pending = 0;
    const items = /** @type {HTMLElement[]} */ ([...rows.children]);
    for (const item of items) item.hidden = false;
    panel.classList.toggle('unfolded', open);
    if (!open) setText(button, '0 more'); // as long as it will be: a heading of two lines leaves less room
    const endless = getComputedStyle(panel).overflowY === 'visible';
    const room = open ? items.length : endless ? Math.min(most, items.length) : holds(box, items);
    items.forEach((item, i) => { item.hidden = i >= room; });
    const more = items.length - room + unlisted;
    button.hidden = !open && more === 0;
    button.setAttribute('aria-expanded', String(open));
    setText(button, open ? `Show fewer${unlisted ? ` (${unlisted} more are not listed)` : ''}` : `${more} more`);
  };
  const turn = (/** @type {boolean} */ to) => {
    open = to;
    draw();
    button.focus();
  };
  button.addEventListener('click', () => turn(!open));
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && open) turn(false);
  });
  // once a frame, however often it is asked for
  const ask = () => {
    if (!pending) pending = requestAnimationFrame(draw);
  };
  new ResizeObserver(ask).observe(box);
  return {
    rows,
    fit(beyond = 0) {
      unlisted = Math.max(0, beyond);
      ask();
    },
  };
}

/** How many items end above the end of the box. @param {HTMLElement} box @param {HTMLElement[]} items */
function holds(box, items) {
  const end = box.getBoundingClientRect().bottom + 1;
  const over = items.findIndex((item) => item.getBoundingClientRect().bottom > end);
  return over < 0 ? items.length : Math.max(1, over);
}
