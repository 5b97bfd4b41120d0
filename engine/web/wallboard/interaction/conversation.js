// The conversation as it went: who said what and when, what was waited for in between, and which words count for what.

import { byId, el, fill, keyed } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { quoted } from '../lib/parts.js';
import { ROLES, evidenceOf, piecesOf, placesIn } from './marks.js';
import { SPEAKERS } from './words.js';

/** @import { Interaction, Turn } from '../types.js' */
/** @import { Place } from './marks.js' */

/** From how long on a gap is told, in seconds: what is long depends on where they talk. @type {Record<string, number>} */
const LONG = { chat: 45, call: 8, email: 4 * 3600, social: 1800 };
const CHIPS = 3;

/** Called for every turn there is, or, without texts, for those that quotes are known of. @param {Interaction} interaction @param {string} zone */
export function drawConversation(interaction, zone) {
  const found = evidenceOf(interaction);
  const kept = interaction.text === 'kept';
  explain(interaction);
  const items = kept ? withGaps(interaction, found) : quotesOnly(found);
  drawLegend(items.flatMap(({ places }) => places.map(({ role }) => role)));
  keyed(byId('turns'), items.map((item) => ({ ...item, zone, titles: titlesOf(interaction, item.places) })), ({ key }) => key, (item) => (item.turn ? drawTurn(item) : drawQuotes(item)));
}

/** @param {Interaction} interaction */
function explain(interaction) {
  const line = byId('explained');
  line.hidden = interaction.text === 'kept';
  fill(line, interaction.text === 'gone'
    ? 'The texts are kept no longer. What is left are the words that stand behind outcomes.'
    : 'This run keeps no texts (board.texts is off). What there is are the words that stand behind outcomes.');
}

/** @typedef {{key: string, turn: Turn | null, number: number, gap: number, waited: boolean, places: Place[]}} Item */

/** @param {Interaction} interaction @param {ReturnType<typeof evidenceOf>} found @returns {Item[]} */
function withGaps(interaction, found) {
  const long = LONG[interaction.cards[0]?.channel ?? ''] ?? 60;
  return interaction.turns.map((turn, i) => {
    const before = interaction.turns[i - 1];
    const seconds = before ? (Date.parse(turn.ts ?? '') - Date.parse(before.ts ?? '')) / 1000 : 0;
    const gap = seconds >= long ? seconds : 0;
    return { key: `turn-${turn.turn}`, turn, number: turn.turn, gap, waited: before?.speaker === 'customer' && turn.speaker !== 'customer', places: placesIn(turn, found) };
  });
}

/** @param {ReturnType<typeof evidenceOf>} found @returns {Item[]} */
function quotesOnly(found) {
  const withWords = found.filter(({ evidence }) => evidence.quote);
  const numbers = [...new Set(withWords.map(({ turn }) => turn))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const places = withWords.filter(({ turn }) => turn === number)
      .map(({ behaviour, role, evidence: { start, end, quote } }) => ({ behaviour, role, start, end, quote }));
    return { key: `turn-${number}`, turn: null, number, gap: 0, waited: false, places };
  });
}

/** @param {Interaction} interaction @param {Place[]} places @returns {Record<string, string>} */
const titlesOf = (interaction, places) => Object.fromEntries(places.map(({ behaviour }) => [behaviour, interaction.behaviours[behaviour]?.title ?? plain(behaviour)]));

/** customer_outcome.delight is no behaviour, and has no title of the pack. @param {string} id */
const plain = (id) => (id.endsWith('.delight') ? 'The customer is delighted' : id.endsWith('.thanks') ? 'The customer says thank you' : id);

/** @param {Item & {zone: string, titles: Record<string, string>}} item */
function drawTurn({ key, turn, gap, waited, places, zone, titles }) {
  const { speaker, agent_id: agent, ts, text, deleted } = /** @type {Turn} */ (turn);
  const role = places.some((place) => place.role === 'harm') ? ' harmful' : '';
  return el('li', { class: `turn by-${speaker === 'customer' ? 'customer' : 'other'}${role}`, id: key, tabindex: -1 },
    gap > 0 && el('p', { class: 'gap' }, icon('clock'), waited ? `the customer waited ${format.span(gap)}` : format.span(gap)),
    el('div', { class: `bubble ${speaker}` },
      el('p', { class: 'who' }, el('strong', null, SPEAKERS[speaker] ?? speaker), agent !== null && ` ${agent}`, ts && [' ', el('time', { class: 'quiet', datetime: ts }, format.hour(ts, zone, true))]),
      deleted || text === null
        ? el('p', { class: 'text quiet' }, deleted ? 'This message was deleted.' : 'The text is not there.')
        : el('p', { class: 'text', dir: 'auto' }, piecesOf(text, places).map((piece) => (piece.role ? el('mark', { class: `mark ${ROLES[piece.role].meaning}` }, piece.text) : piece.text)))),
    drawChips(places, titles));
}

/** @param {Item & {titles: Record<string, string>}} item */
function drawQuotes({ key, number, places, titles }) {
  return el('li', { class: 'turn', id: key, tabindex: -1 },
    el('div', { class: 'bubble' },
      el('p', { class: 'who quiet' }, `Turn ${number + 1}`),
      [...new Set(places.map(({ quote }) => quote))].map((quote) => el('p', { class: 'text' }, quoted(quote ?? '')))),
    drawChips(places, titles));
}

/** What the marks of a turn are about; the strongest first, and the rest on demand. @param {Place[]} places @param {Record<string, string>} titles */
function drawChips(places, titles) {
  const told = places.filter(({ behaviour, role }, i) => role !== 'ask' && places.findIndex((other) => other.behaviour === behaviour && other.role === role) === i);
  if (!told.length) return null;
  const chip = (/** @type {Place} */ { behaviour, role }) =>
    el('li', { class: `tag ${ROLES[role].meaning}` }, icon(ROLES[role].shape), el('span', null, el('span', { class: 'unseen' }, `${ROLES[role].word}: `), titles[behaviour]));
  const rest = told.slice(CHIPS);
  return el('div', { class: 'chips' },
    el('ul', null, told.slice(0, CHIPS).map(chip)),
    rest.length > 0 && el('details', null, el('summary', null, `${rest.length} more`), el('ul', null, rest.map(chip))));
}

/** Only what is there. @param {string[]} roles */
function drawLegend(roles) {
  fill(byId('legend'), Object.keys(ROLES).filter((role) => roles.includes(role)).map((role) =>
    el('li', { class: `tag ${ROLES[role].meaning}` }, icon(ROLES[role].shape), el('span', { class: `mark ${ROLES[role].meaning}` }, ROLES[role].word))));
}
