// One interaction, as it is now: asked for every two seconds while it is open, more seldom when it is final (a late event may still revise it).

import { makeAnnouncer } from './lib/announce.js';
import { makeClock } from './lib/clock.js';
import { byId, el, fill, setText } from './lib/dom.js';
import * as format from './lib/format.js';
import { icon } from './lib/icons.js';
import { boardAddress, interactionId, queue } from './lib/page.js';
import { tick } from './lib/ticking.js';
import { drawConversation } from './interaction/conversation.js';
import { drawOutcomes } from './interaction/outcomes.js';
import { drawSummary } from './interaction/summary.js';

/** @import { Interaction } from './types.js' */

const OPEN_MS = 2000;
const FINAL_MS = 30_000;
const TICK_MS = 250;
const PATIENCE_MS = 2500;
/** As on the board. */
const ZONE = 'UTC';

const clock = makeClock();
const announce = makeAnnouncer(byId('said'));
let shown = '';
let turns = -1;
let failedSince = 0;

/** @param {Interaction} interaction */
function draw(interaction) {
  const { clock: time, ...rest } = interaction;
  clock.tell(time.now, time.rate);
  const now = JSON.stringify(rest);
  if (now === shown) return;
  shown = now;
  document.body.dataset.state = interaction.status;
  const focused = focusedPath();
  drawSummary(interaction, ZONE);
  drawConversation(interaction, ZONE);
  drawOutcomes(interaction, show);
  move();
  refocus(focused);
  if (turns >= 0 && interaction.turns.length > turns) announce(`${format.plural(interaction.turns.length - turns, 'new message')}.`);
  turns = interaction.turns.length;
}

/** Outcomes are drawn anew when something changes; whoever was on the nth button still is. */
function focusedPath() {
  const outcomes = byId('outcomes');
  return [...outcomes.querySelectorAll('button, summary')].indexOf(/** @type {Element} */ (document.activeElement));
}

/** @param {number} nth */
function refocus(nth) {
  if (nth >= 0) /** @type {HTMLElement | undefined} */ (byId('outcomes').querySelectorAll('button, summary')[nth])?.focus({ preventScroll: true });
}

/** Brings a turn into view, and there the keyboard, too. @param {number} turn */
function show(turn) {
  const element = document.getElementById(`turn-${turn}`);
  if (!element) return;
  document.querySelector('.turn.shown')?.classList.remove('shown');
  element.classList.add('shown');
  const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
  const box = byId('conversation');
  // where the conversation has a scroll of its own, only that moves
  if (getComputedStyle(box).position === 'sticky') {
    const above = element.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTo({ top: box.scrollTop + above - (box.clientHeight - element.clientHeight) / 2, behavior });
  } else element.scrollIntoView({ block: 'center', behavior });
  element.focus({ preventScroll: true });
}

/** @param {string} shape @param {string} meaning @param {string} strong @param {string} more */
function notice(shape, meaning, strong, more) {
  const line = byId('notice');
  line.hidden = false;
  line.className = `notice ${meaning}`;
  fill(line, icon(shape), el('p', null, strong, ' ', el('small', null, more)));
}

async function ask() {
  const answer = await fetch(`/api/interactions/${encodeURIComponent(interactionId ?? '')}`, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.ok) return /** @type {Interaction} */ (await answer.json());
  const body = await answer.json().catch(() => null);
  throw Object.assign(new Error(body?.error ?? `it answers ${answer.status}`), { status: answer.status });
}

async function look() {
  let pause = OPEN_MS;
  try {
    const interaction = await ask();
    failedSince = 0;
    document.body.dataset.stream = 'alive';
    byId('notice').hidden = true;
    draw(interaction);
    if (interaction.status === 'final') pause = FINAL_MS;
  } catch (error) {
    failed(/** @type {Error & {status?: number}} */ (error));
  }
  setTimeout(look, pause);
}

/** @param {Error & {status?: number}} error */
function failed(error) {
  failedSince ||= performance.now();
  document.body.dataset.stream = 'lost';
  clock.stop();
  if (error.status === 404 || !interactionId) {
    if (!shown) fill(byId('summary'), el('h1', null, 'Not here'));
    document.body.dataset.state = shown ? document.body.dataset.state : 'none';
    notice('lost', 'half', 'The board does not know this interaction.', 'It was never there, was forgotten, or is too long ago.');
    return;
  }
  if (!shown) fill(byId('summary'), el('h1', null, 'Not there yet'));
  const why = error.status ? `It says: ${error.message}. ` : '';
  notice('lost', 'harm', shown ? `No news for ${format.span((performance.now() - failedSince) / 1000)}.` : 'No connection to caremeter.', `${why}Trying again.`);
}

function move() {
  const now = clock.now();
  if (Number.isNaN(now)) return;
  tick(document, now);
  setText(byId('clock'), `${format.hour(now, ZONE, true)} ${ZONE}`);
}

byId('back').setAttribute('href', boardAddress(queue));
if (queue !== null) setText(byId('back'), `Back to the board of ${queue}`);
look();
setInterval(move, TICK_MS);
