// What is worth saying aloud: more people wait than before, nobody does any more, the stream is lost or back.

import * as format from '../lib/format.js';

/** @import { Board } from '../types.js' */

/** @param {(text: string) => void} announce */
export function makeNews(announce) {
  let waiting = -1;
  let lost = false;
  return {
    /** @param {Board} board @param {number} now */
    board(board, now) {
      const { count, worst_since: oldest } = board.concerns;
      if (count === waiting) return;
      const more = count > waiting;
      waiting = count;
      document.title = count ? `${format.count(count)} waiting · Care now` : 'Care now';
      if (count === 0) announce('Nobody is waiting.');
      else if (more) announce(`${format.plural(count, 'customer')} waiting${oldest ? `, the longest for ${format.span((now - Date.parse(oldest)) / 1000)}` : ''}.`);
    },
    /** @param {boolean} alive */
    life(alive) {
      if (alive !== lost) return;
      lost = !alive;
      announce(alive ? 'The board is live again.' : 'No news from caremeter: the figures are old.');
    },
  };
}
