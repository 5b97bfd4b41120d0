// What went well, as it happens: what customers are delighted about, and care beyond what was due. The newest praise is the largest thing here.

import { byId, el, keyed } from '../lib/dom.js';
import { fitted } from '../lib/fit.js';
import { icon } from '../lib/icons.js';
import { interactionAddress } from '../lib/page.js';
import { since } from '../lib/ticking.js';
import { emptied, place, quoted } from '../lib/parts.js';

/** @import { Board, Moment } from '../types.js' */

const MOST_ON_A_PHONE = 4;
const WORDS = { praise: ['praise', 'joy', 'praise'], care: ['care', 'good', 'more than was due'] };

const panel = byId('moments');
const { rows, fit } = fitted(panel, MOST_ON_A_PHONE);

/** @param {Board} board */
export function drawMoments(board) {
  const { list } = board.moments;
  emptied(panel, list.length === 0, 'The next kind word will stand here.', 'Praise and care beyond what was due, as they happen.');
  // words that are good in two ways are one moment, and keyed shows the first of a key
  keyed(rows, list, (moment) => [moment.interaction_id, moment.kind, moment.at, moment.words ?? moment.title].join('\n'), drawMoment);
  fit();
}

/** @param {Moment} moment */
function drawMoment(moment) {
  const [shape, meaning, word] = WORDS[moment.kind] ?? WORDS.care;
  return el('li', { class: `moment ${moment.kind}` },
    el('a', { class: 'words', href: interactionAddress(moment.interaction_id) }, moment.words === null ? moment.title : quoted(moment.words)),
    el('p', { class: 'about' },
      el('span', { class: `tag ${meaning}` }, icon(shape), word),
      el('span', { class: 'quiet nowrap' }, el('span', since(moment.at, 'ago'))),
      place(moment),
      moment.words !== null && el('span', { class: 'quiet title' }, moment.title)));
}
