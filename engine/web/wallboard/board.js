// The wallboard: one stream in, panels out. A panel is a function that draws its section where that has changed.

import { drawCare } from './board/care.js';
import { drawConcerns } from './board/concerns.js';
import { drawHeader, drawSource } from './board/header.js';
import { drawLetters } from './board/letters.js';
import { drawMoments } from './board/moments.js';
import { drawNotice } from './board/notice.js';
import { drawPromises } from './board/promises.js';
import { drawQueues } from './board/queues.js';
import { makeNews } from './board/news.js';
import { makeAnnouncer } from './lib/announce.js';
import { makeClock } from './lib/clock.js';
import { byId } from './lib/dom.js';
import { apiAddress } from './lib/page.js';
import { makeState } from './lib/state.js';
import { listen } from './lib/stream.js';
import { tick } from './lib/ticking.js';

/** @import { Board } from './types.js' */

/** A second lasts 50 ms in a replay at twenty times: figures that count are looked at as often as people see. */
const TICK_MS = 250;

/** Sections, and who draws them. @type {Record<string, ((board: Board, now: number) => void)[]>} */
const PANELS = {
  settings: [drawHeader],
  // what is not known yet is not empty
  source: [drawSource, drawConcerns],
  concerns: [drawConcerns],
  care: [drawCare],
  queues: [drawQueues, drawConcerns], // a queue of which nothing is heard has nobody who waits, and yet no all-clear
  moments: [drawMoments],
  promises: [drawPromises],
  letters: [drawLetters],
};

const clock = makeClock();
const state = makeState();
const news = makeNews(makeAnnouncer(byId('said')));

/** @type {{alive: boolean, silentMs: number, why: string | null}} */
let life = { alive: true, silentMs: 0, why: null };

function draw(/** @type {string[]} */ sections) {
  const board = state.board();
  if (!board) return;
  for (const section of sections) for (const panel of PANELS[section] ?? []) panel(board, clock.now());
  drawNotice(board, life, clock.now());
  move();
  news.board(board, clock.now());
}

function move() {
  const now = clock.now();
  if (Number.isNaN(now)) return;
  tick(document, now);
  drawHeader.time(state.board(), clock);
}

listen(apiAddress('/api/stream'), {
  snapshot(board) {
    clock.tell(board.clock.now, board.clock.rate);
    draw(state.snapshot(board));
  },
  delta(sections) {
    clock.go();
    draw(state.delta(sections));
  },
  tick(now) {
    clock.tell(now);
    move();
  },
  life(alive, silentMs, why) {
    life = { alive, silentMs, why };
    if (alive) clock.go();
    else clock.stop();
    document.body.dataset.stream = alive ? 'alive' : 'lost';
    drawNotice(state.board(), life, clock.now());
    if (state.board()) drawSource(/** @type {Board} */ (state.board()), clock.now());
    news.life(alive);
    move();
  },
});
setInterval(move, TICK_MS);
