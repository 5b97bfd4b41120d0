// Small things that several panels show.

import { el, fill } from './dom.js';
import { icon } from './icons.js';

/** Words that somebody said; the direction is that of the words. @param {string} words */
export const quoted = (words) => el('q', { dir: 'auto' }, words);

/** Queue, the most telling; channel and, where agents are shown, who. @param {{queue: string | null, channel: string | null, agent_id: string | null}} of */
export function place(of) {
  const rest = [of.channel, of.agent_id].filter((part) => part !== null).map((part) => ` · ${part}`);
  return el('span', { class: 'name' }, of.queue ?? 'no queue', el('span', { class: 'quiet' }, rest));
}

/** Shows or hides what a panel says when it has nothing to show. @param {Element} panel @param {boolean} empty @param {string} strong @param {string} [more] @param {string} [shape] */
export function emptied(panel, empty, strong, more, shape) {
  const line = /** @type {HTMLElement} */ (panel.querySelector('.empty'));
  line.hidden = !empty;
  if (empty) fill(line, shape && icon(shape), el('strong', null, strong), more && el('span', { class: 'quiet' }, more));
}

/** That nobody has measured how right a figure is. */
export const unvalidated = () => el('span', { class: 'unvalidated', title: 'Nobody has measured yet how often this is right' }, 'unvalidated');
