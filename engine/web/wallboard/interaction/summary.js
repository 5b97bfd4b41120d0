// The interaction in short: what it is, how it stands, and, once it is final, its score.

import { byId, el, fill } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { CHANNELS, FLAGS, REASONS, RESOLUTIONS, TIMES } from './words.js';

/** @import { Card, Interaction } from '../types.js' */

/** @param {Interaction} interaction @param {string} zone */
export function drawSummary(interaction, zone) {
  const [card] = interaction.cards;
  if (!card) return fill(byId('summary'), el('h1', { class: 'name' }, interaction.interaction_id), el('p', null, 'No scorecard has been written yet.'));
  const name = `${CHANNELS[card.channel ?? ''] ?? 'Interaction'}${card.queue === null ? '' : ` in ${card.queue}`}`;
  document.title = `${name} · Care now`;
  return fill(byId('summary'),
    el('div', { class: 'title' }, el('h1', { class: 'name' }, name), el('p', { class: 'quiet name' }, interaction.interaction_id)),
    drawScore(interaction, card),
    el('dl', { class: 'facts' }, facts(card, zone).map(([word, value]) => el('div', null, el('dt', null, word), el('dd', null, value)))),
    card.flags.length > 0 && el('ul', { class: 'flags' }, card.flags.map((flag) => el('li', null, el('span', { class: 'tag half' }, icon('lost'), FLAGS[flag] ?? flag)))));
}

/** Open interactions have concerns, never a score. @param {Interaction} interaction @param {Card} card */
function drawScore(interaction, card) {
  if (interaction.status === 'open') {
    return el('p', { class: 'score-line' }, el('span', { class: 'tag chip ask' }, icon('live'), 'open'), ' ', 'It may go on; there is a score when it has ended.');
  }
  const { score } = card.care;
  const final = el('span', { class: 'tag chip' }, icon('ended'), 'final');
  if (score === null) return el('p', { class: 'score-line' }, final, ' ', el('strong', null, 'Not scored'), `: ${whyUnscored(card)}.`);
  return el('div', { class: 'scores' }, final,
    el('p', { class: 'score' }, el('span', { class: 'figure' }, format.score(score)), ' CARE'),
    el('ul', null, Object.entries(card.care).filter(([id]) => id !== 'score').map(([id, value]) =>
      el('li', null, el('span', { class: 'figure' }, format.score(value)), ' ', interaction.dimensions[id] ?? id))));
}

/** The commonest reason why its parts were not judged. @param {Card} card */
export function whyUnscored(card) {
  const counts = new Map();
  for (const { outcome, reason } of card.behaviours) if (outcome === 'not_evaluated' && reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (commonest) return REASONS[commonest] ?? commonest;
  return card.turns.agent === 0 ? REASONS.no_agent : 'too little of what these rules ask for was due';
}

/** @param {Card} card @param {string} zone @returns {[string, string][]} */
function facts(card, zone) {
  const { customer_outcome: outcome, timing, turns } = card;
  /** @type {[string, string | null | undefined | false][]} */
  const all = [
    ['Began', card.started_at && format.day(card.started_at, zone)],
    ['Ended', card.status === 'final' && card.ended_at && format.moment(card.ended_at, zone, Date.parse(card.started_at ?? ''))],
    ['Messages', `customer ${turns.customer}, agent ${turns.agent}${turns.bot ? `, bot ${turns.bot}` : ''}`],
    ...TIMES.map(([key, word]) => /** @type {[string, string | false]} */ ([word, timing[key] !== null && timing[key] !== undefined && format.span(timing[key])])),
    ['For the customer', outcome.resolution !== 'unknown' && RESOLUTIONS[outcome.resolution]],
    ['Rating', outcome.feedback && `${outcome.feedback.rating}${outcome.feedback.scale === null ? '' : ` of ${outcome.feedback.scale}`}`],
    ['Coverage', card.coverage !== null && `${Math.round(card.coverage * 100)} of 100 could be judged`],
  ];
  return /** @type {[string, string][]} */ (all.filter(([, value]) => value));
}
