// What agents said they will do. Broken ones first, for those customers are waiting by now.

import { byId, el, fill, keyed } from '../lib/dom.js';
import { fitted } from '../lib/fit.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { interactionAddress } from '../lib/page.js';
import { since } from '../lib/ticking.js';
import { emptied, place, quoted } from '../lib/parts.js';

/** @import { Board, Promise_ } from '../types.js' */

const MOST_ON_A_PHONE = 5;
const ORDER = { broken: 0, due: 1, open: 2 };
const STATES = { broken: ['broken', 'harm', 'broken'], due: ['clock', 'half', 'due'], open: ['promise', '', 'open'] };

const panel = byId('promises');
const { rows, fit } = fitted(panel, MOST_ON_A_PHONE);

/** @param {Board} board */
export function drawPromises(board) {
  const { promises, settings } = board;
  const counts = /** @type {const} */ (['broken', 'due', 'open']);
  fill(byId('promised'), counts.map((state) => {
    const [shape, meaning, word] = STATES[state];
    return el('li', { class: promises[state] ? meaning : 'quiet' }, icon(shape), el('span', { class: 'figure' }, format.count(promises[state])), ` ${word}`);
  }));
  emptied(panel, promises.list.length === 0, 'No promise is open.', 'What agents say they will do, and when, is kept in mind here.');
  const list = [...promises.list].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  keyed(rows, list, (promise) => [promise.interaction_id, promise.made_at, promise.words].join('\n'), (promise) => drawPromise(promise, settings.zone));
  fit(promises.broken + promises.due + promises.open - list.length);
}

/** @param {Promise_} promise @param {string} zone */
function drawPromise(promise, zone) {
  const [shape, meaning, word] = STATES[promise.state];
  const { broken_by: broken } = promise;
  return el('li', { class: 'promise' },
    el('a', { class: 'words', href: interactionAddress(promise.interaction_id) }, promise.words === null ? 'a promise' : quoted(promise.words)),
    el('p', { class: 'about' },
      el('span', { class: `tag ${meaning}` }, icon(shape), word),
      broken && el('a', { class: 'answer name', href: interactionAddress(broken.interaction_id) }, 'customer: ', broken.words === null ? 'it was not kept' : quoted(broken.words)),
      !broken && el('span', null, promise.due_at ? el('span', since(promise.due_at, 'due')) : 'no time named'),
      place(promise),
      promise.made_at && el('span', { class: 'quiet title' }, `promised ${format.day(promise.made_at, zone)}`)));
}
