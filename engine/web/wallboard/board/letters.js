// The same words to several customers: there only where there are any.

import { byId, el, keyed } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { interactionAddress } from '../lib/page.js';
import { quoted } from '../lib/parts.js';

/** @import { Board, Letter } from '../types.js' */

/** The rest is in /api/board: here they are a hint, not an archive. */
const MOST = 2;
const LINKS = 4;

/** @param {Board} board */
export function drawLetters(board) {
  const rows = byId('letters');
  const { list } = board.letters;
  rows.hidden = list.length === 0;
  keyed(rows, list.slice(0, MOST), (letter) => letter.words + letter.first_at, drawLetter);
}

/** @param {Letter} letter */
function drawLetter(letter) {
  const [first, ...rest] = letter.interaction_ids;
  return el('li', null,
    el('span', { class: 'tag half' }, icon('letters'), `${format.count(letter.n)} × the same letter`),
    el('a', { class: 'words', href: interactionAddress(first) }, quoted(`${letter.words} …`)),
    el('span', { class: 'others' }, rest.slice(0, LINKS).map((id, i) => el('a', { href: interactionAddress(id), 'aria-label': `letter ${i + 2}: ${id}`, title: id }, i + 2))));
}
