// Every outcome with its reason and its evidence, by dimension: what stands open first, then what went against care, what was missed, what was met.

import { byId, el, fill } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { since } from '../lib/ticking.js';
import { quoted, unvalidated } from '../lib/parts.js';
import { turnOf } from './marks.js';
import { REASONS } from './words.js';

/** @import { Card, Evidence, Interaction, Outcome, Pending } from '../types.js' */

/** Shape, meaning and word of an outcome. @type {Record<string, [string, string, string]>} */
const OUTCOMES = {
  against: ['against', 'harm', 'against care'],
  missed: ['unmet', 'harm', 'missed'],
  partial: ['half', 'half', 'half met'],
  pending: ['clock', 'ask', 'still due'],
  delivered: ['good', 'good', 'met'],
  bonus: ['care', 'good', 'more than was due'],
  not_evaluated: ['skipped', 'quiet', 'not judged'],
  no_opportunity: ['skipped', 'quiet', 'nothing asked for it'],
};
const ORDER = Object.keys(OUTCOMES);

/** @param {Interaction} interaction @param {(turn: number) => void} show */
export function drawOutcomes(interaction, show) {
  fill(byId('outcomes'), interaction.cards.flatMap((card) => drawCard(interaction, card, show)));
}

/** @param {Interaction} interaction @param {Card} card @param {(turn: number) => void} show */
function drawCard(interaction, card, show) {
  const several = interaction.cards.length > 1;
  const due = card.status === 'open' ? (card.pending ?? []) : [];
  /** @type {Map<string, Outcome[]>} */
  const groups = new Map();
  const whole = new Set(card.behaviours.filter(({ agent_id: agent }) => agent === null).map(({ id }) => id));
  for (const outcome of card.behaviours) {
    // the clock is told for the interaction; what it is for each agent counts in that agent's own scores alone
    if (outcome.agent_id !== null && whole.has(outcome.id)) continue;
    if (due.some(({ id }) => id === outcome.id) && outcome.outcome === 'pending') continue; // stands above
    const dimension = interaction.behaviours[outcome.id]?.dimension ?? outcome.id.split('.')[0];
    groups.set(dimension, [...(groups.get(dimension) ?? []), outcome]);
  }
  return [
    several && el('h2', null, `By the rules of ${card.pack.name}`),
    due.length > 0 && el('section', null, el('h2', null, 'Still due'), el('ul', null, due.map((pending) => drawPending(interaction, pending, show)))),
    ...[...groups].map(([dimension, outcomes]) => drawDimension(interaction, card, dimension, outcomes, show)),
    el('p', { class: 'quiet small' }, `Rules: ${card.pack.name} ${card.pack.version} · ${card.engine} · revision ${card.revision}`),
  ];
}

/** @param {Interaction} interaction @param {Card} card @param {string} dimension @param {Outcome[]} outcomes @param {(turn: number) => void} show */
function drawDimension(interaction, card, dimension, outcomes, show) {
  const kinds = outcomes.map((outcome) => ({ outcome, kind: kindOf(interaction, outcome) })).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const judged = kinds.filter(({ kind }) => OUTCOMES[kind][1] !== 'quiet');
  const others = kinds.filter(({ kind }) => OUTCOMES[kind][1] === 'quiet');
  const score = card.status === 'final' && card.care[dimension] !== undefined && card.care[dimension] !== null;
  const draw = (/** @type {typeof kinds[0]} */ one) => drawOutcome(interaction, card, one.outcome, one.kind, show);
  return el('section', null,
    el('h2', null, interaction.dimensions[dimension] ?? dimension, score && [' ', el('span', { class: 'figure' }, format.score(card.care[dimension]))]),
    el('ul', null, judged.map(draw)),
    others.length > 0 && el('details', null, el('summary', null, `${format.plural(others.length, 'part')} not judged`), el('ul', null, others.map(draw))));
}

/** @param {Interaction} interaction @param {Outcome} outcome */
function kindOf(interaction, { id, outcome }) {
  const kind = interaction.behaviours[id]?.kind;
  if (outcome === 'delivered' && kind === 'penalty') return 'against';
  if (outcome === 'delivered' && kind === 'bonus') return 'bonus';
  return outcome in OUTCOMES ? outcome : 'not_evaluated';
}

/** @param {Interaction} interaction @param {Card} card @param {Outcome} outcome @param {string} kind @param {(turn: number) => void} show */
function drawOutcome(interaction, card, outcome, kind, show) {
  const [shape, meaning, word] = OUTCOMES[kind];
  const behaviour = interaction.behaviours[outcome.id];
  const named = card.agents.length > 1 && outcome.agent_id !== null && interaction.turns.some(({ agent_id: agent }) => agent === outcome.agent_id);
  return el('li', { class: 'outcome' },
    el('p', null, el('span', { class: `tag ${meaning}` }, icon(shape), word), ' ', behaviour?.title ?? outcome.id, behaviour?.unvalidated && [' ', unvalidated()]),
    el('p', { class: 'quiet small' }, [reasonOf(outcome, kind), named && `by ${outcome.agent_id}`].filter(Boolean).join(' · ')),
    drawEvidence(interaction, outcome.evidence, show),
    kind === 'missed' && outcome.searched && el('p', { class: 'small' }, el('span', { class: 'quiet' }, 'looked for in '), searched(outcome.searched, show)));
}

/** @param {Outcome} outcome @param {string} kind */
function reasonOf({ reason, credit, seen, met }, kind) {
  if (reason) return REASONS[reason] ?? reason;
  if (kind === 'bonus' || kind === 'against') return `${format.plural(Math.round(Math.abs(credit)), 'point')} ${credit < 0 ? 'taken off' : 'added'}`;
  return seen > 1 ? `due ${seen} times, met ${met}` : '';
}

/** @param {{from: number, to: number}} turns @param {(turn: number) => void} show */
function searched({ from, to }, show) {
  return el('button', { type: 'button', onclick: () => show(from) }, from === to ? `turn ${from + 1}` : `turns ${from + 1} to ${to + 1}`);
}

/** @param {Interaction} interaction @param {Pending} pending @param {(turn: number) => void} show */
function drawPending(interaction, pending, show) {
  const [shape, meaning, word] = pending.state === 'half' ? ['half', 'half', 'words, no deed yet'] : pending.state === 'unmet' ? ['unmet', 'harm', 'no answer yet'] : OUTCOMES.pending;
  return el('li', { class: 'outcome' },
    el('p', null, el('span', { class: `tag ${meaning}` }, icon(shape), word), ' ', interaction.behaviours[pending.id]?.title ?? pending.id),
    pending.since && el('p', { class: 'small' }, el('span', { class: 'quiet' }, 'for '), el('span', { class: 'figure', ...since(pending.since, 'wait') })),
    drawEvidence(interaction, pending.evidence ?? [], show));
}

/** @param {{turn: number, quote: string | undefined}[]} found */
const once = (found) => found.filter((one, i) => found.findIndex((other) => other.turn === one.turn && other.quote === one.quote) === i);

/** Quotes that lead to their turn. @param {Interaction} interaction @param {Evidence[]} evidence @param {(turn: number) => void} show */
function drawEvidence(interaction, evidence, show) {
  if (!evidence.length) return null;
  const place = turnOf(interaction);
  return el('ul', { class: 'evidence' }, once(evidence.map((one) => ({ turn: place(one), quote: one.quote }))).map(({ turn, quote }) =>
    el('li', null, el('button', { type: 'button', onclick: () => show(turn) }, quote === undefined ? `turn ${turn + 1}` : quoted(quote)),
      quote !== undefined && el('span', { class: 'quiet small' }, ` turn ${turn + 1}`))));
}
