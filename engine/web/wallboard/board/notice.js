// One line above everything where figures are not to be trusted, or not yet.

import { byId, el, fill } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';

/** @import { Board } from '../types.js' */

/**
 * @param {Board | null} board
 * @param {{alive: boolean, silentMs: number, why: string | null}} life
 * @param {number} now
 */
export function drawNotice(board, life, now) {
  const notice = byId('notice');
  const said = what(board, life, now);
  notice.hidden = !said;
  document.body.dataset.notice = String(Boolean(said));
  if (!said) return;
  const [meaning, shape, strong, more] = said;
  if (notice.dataset.strong === strong + more) return;
  notice.dataset.strong = strong + more;
  notice.className = `notice ${meaning}`;
  fill(notice, icon(shape), el('p', null, strong, ' ', el('small', null, more)));
}

/** @param {Board | null} board @param {{alive: boolean, silentMs: number, why: string | null}} life @param {number} now @returns {[string, string, string, string] | null} */
function what(board, life, now) {
  if (!life.alive) {
    const why = life.why ? ` (${life.why})` : '';
    if (!board) return ['harm', 'lost', 'No connection to caremeter yet.', `Trying again${why}.`];
    return ['harm', 'lost', `No news for ${format.wait(life.silentMs / 1000)}.`,
      `Figures are from ${format.hour(now, board.settings.zone, true)}. Trying again${why}.`];
  }
  if (!board) return null;
  const { state, partitions, lost_cards: lost } = board.source;
  if (state === 'starting') {
    const seen = partitions ? ` Partitions seen ${partitions.seen}/${partitions.of}.` : '';
    return ['plain', 'starting', 'Reading what was there.', `Figures are not complete yet.${seen}`];
  }
  if (state === 'stalled') return ['half', 'stalled', 'The source stands still.', 'Nothing can be read or written just now; figures are those from before.'];
  if (lost > 0) return ['half', 'lost', `${format.plural(lost, 'scorecard')} not counted.`, 'They came faster than the board took them: figures are too low.'];
  if (state === 'ended') return ['plain', 'ended', 'That was all.', 'The source is at its end; figures stay as they are.'];
  return null;
}
