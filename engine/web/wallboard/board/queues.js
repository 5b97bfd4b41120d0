// Queues side by side: a score only where there are enough interactions to have one.

import { byId, el, fill, keyed } from '../lib/dom.js';
import { fitted } from '../lib/fit.js';
import * as format from '../lib/format.js';
import { boardAddress } from '../lib/page.js';
import { since } from '../lib/ticking.js';
import { emptied } from '../lib/parts.js';

/** @import { Board, Queue } from '../types.js' */

const MOST_ON_A_PHONE = 10;

const panel = byId('queues');
const { rows, fit } = fitted(panel, MOST_ON_A_PHONE);

/** @param {Board} board */
export function drawQueues(board) {
  const { least, list } = board.queues;
  fill(byId('queues-of'), `a score from ${format.plural(least, 'interaction')} on`);
  emptied(panel, list.length === 0, board.queue === null ? 'No queue has been heard of yet.' : 'Nothing is open in this queue, and nothing has ended.');
  /** @type {HTMLElement} */ (panel.querySelector('table')).hidden = list.length === 0;
  keyed(rows, list, (queue) => JSON.stringify(queue.queue), drawQueue);
  fit();
}

/** @param {Queue} queue */
function drawQueue(queue) {
  const { queue: name } = queue;
  return el('tr', null,
    el('th', { scope: 'row', class: 'name' }, name === null ? 'no queue' : el('a', { href: boardAddress(name) }, name)),
    el('td', { class: 'figure' }, queue.score === null ? el('span', { class: 'quiet', title: 'too few to have a score' }, '–', el('span', { class: 'unseen' }, 'too few')) : format.score(queue.score)),
    el('td', { class: 'quiet' }, format.count(queue.n)),
    el('td', { class: queue.concerns ? 'figure' : 'quiet' }, format.count(queue.concerns)),
    el('td', { class: queue.concerns ? 'figure' : 'quiet' }, queue.worst_since ? el('span', since(queue.worst_since, 'wait')) : '–'));
}
