// Who waits for an answer at this moment, and what they said. The first thing on the board, because it is what somebody can still do something about.

import { byId, el, fill, keyed } from '../lib/dom.js';
import { fitted } from '../lib/fit.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { interactionAddress } from '../lib/page.js';
import { since } from '../lib/ticking.js';
import { emptied, place, quoted } from '../lib/parts.js';

/** @import { Board, Concern } from '../types.js' */

const MOST_ON_A_PHONE = 6;

const panel = byId('concerns');
const { rows, fit } = fitted(panel, MOST_ON_A_PHONE);

/** @param {Board} board @param {number} now */
export function drawConcerns(board, now) {
  const { concerns } = board;
  const late = (/** @type {Concern} */ concern) => now > Date.parse(concern.late_at);
  panel.dataset.none = String(concerns.count === 0);
  drawFigures(concerns);
  const known = board.source.state !== 'starting';
  panel.dataset.known = String(known);
  const unheard = board.queue !== null && board.queues.list.length === 0;
  if (known && unheard) emptied(panel, concerns.count === 0, `Nothing is heard of ${board.queue}.`, 'Is that the name of the queue? All queues has those that there are.');
  else if (known) emptied(panel, concerns.count === 0, 'Nobody is waiting.', 'Every concern in an open conversation has its answer.', 'good');
  else emptied(panel, concerns.count === 0, 'Not known yet.', 'What stands open is still being read.');
  keyed(rows, concerns.list.map((concern) => ({ ...concern, late: late(concern) })), (concern) => concern.interaction_id, drawConcern);
  fit(concerns.count - concerns.list.length);
}

/** @param {Board['concerns']} concerns */
function drawFigures(concerns) {
  const figure = (/** @type {string} */ word, /** @type {import('../lib/dom.js').Child} */ value, size = '', meaning = '') =>
    el('div', { class: size }, el('dt', null, word), el('dd', { class: `figure ${meaning}` }, value));
  fill(byId('waiting'),
    figure(concerns.count === 1 ? 'customer waiting' : 'customers waiting', format.count(concerns.count), 'huge'),
    figure('worst wait', concerns.worst_since ? el('span', since(concerns.worst_since, 'wait')) : '–', 'huge', concerns.late ? 'harm' : ''),
    figure(concerns.late === 1 ? 'waits too long' : 'wait too long', format.count(concerns.late), '', concerns.late ? 'harm' : ''),
    figure(concerns.uncared === 1 ? 'feels uncared for' : 'feel uncared for', format.count(concerns.uncared), '', concerns.uncared ? 'harm' : ''));
}

/** @param {Concern & {late: boolean}} concern */
function drawConcern(concern) {
  const state = concern.state === 'half' ? tag('half', 'half', 'words, no deed yet') : tag('unmet', '', 'no answer yet');
  return el('li', { class: 'concern', 'data-id': concern.interaction_id },
    el('p', { class: concern.late ? 'wait harm' : 'wait' }, el('span', since(concern.since, 'wait')), concern.late && el('small', null, 'late')),
    el('div', { class: 'said' },
      el('a', { class: 'words', href: interactionAddress(concern.interaction_id) }, concern.words === null ? concern.title : quoted(concern.words)),
      el('p', { class: 'about' },
        place(concern),
        concern.uncared && tag('harm', 'harm', 'feels uncared for'),
        state,
        concern.more > 0 && el('span', { class: 'quiet' }, `and ${concern.more} more`),
        concern.words !== null && el('span', { class: 'quiet title' }, `due: ${concern.title}`))));
}

/** @param {string} shape @param {string} meaning @param {string} word */
const tag = (shape, meaning, word) => el('span', { class: `tag ${meaning}` }, icon(shape), word);
