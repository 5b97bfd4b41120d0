// Whose board this is, how its source is, and what time it is there.

import { byId, el, fill, setText } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { boardAddress } from '../lib/page.js';

/** @import { Board } from '../types.js' */

const STATES = {
  starting: ['starting', 'Starting', ''],
  live: ['live', 'Live', 'good'],
  stalled: ['stalled', 'Stalled', 'half'],
  ended: ['ended', 'Ended', ''],
  lost: ['lost', 'No news', 'harm'],
};

/** @param {Board} board */
export function drawHeader(board) {
  fill(byId('where'), board.queue === null ? 'All queues' : [board.queue, ' ', el('a', { href: boardAddress(null), class: 'small' }, 'all queues')]);
}

/** @param {Board | null} board @param {{now: () => number, rate: () => number}} clock */
drawHeader.time = (board, clock) => {
  if (!board) return;
  const { zone } = board.settings;
  const rate = clock.rate() === 1 ? '' : ` · replay ×${clock.rate()}`;
  setText(byId('clock'), `${format.hour(clock.now(), zone, true)} ${zone}${rate}`);
};

/** @param {Board} board @param {number} now */
export function drawSource(board, now) {
  const { source, settings } = board;
  const state = document.body.dataset.stream === 'lost' ? 'lost' : source.state;
  const [shape, word, meaning] = STATES[state] ?? STATES.live;
  const { open, final, since } = source.interactions;
  document.body.dataset.source = source.state;
  fill(byId('source'),
    el('span', { class: `tag ${meaning}` }, icon(shape), word),
    el('span', { class: 'quiet' },
      source.partitions && ` · partitions seen ${source.partitions.seen}/${source.partitions.of}`,
      ` · ${format.count(open)} open, ${format.count(final)} final`,
      since && ` since ${format.moment(since, settings.zone, now)}`));
}
