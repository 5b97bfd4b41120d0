// Which words are evidence of what: places in the texts, with a role each. A role is a colour, a line and a shape; titles say what it is about.

/** @import { Interaction, Card, Evidence, Turn } from '../types.js' */

/** From the strongest: where marks lie over each other, the text shows the first. @type {Record<string, {shape: string, meaning: string, word: string}>} */
export const ROLES = {
  harm: { shape: 'against', meaning: 'harm', word: 'against care' },
  half: { shape: 'half', meaning: 'half', word: 'half met' },
  credit: { shape: 'good', meaning: 'good', word: 'met' },
  joy: { shape: 'praise', meaning: 'joy', word: 'the customer is pleased' },
  ask: { shape: 'ask', meaning: 'ask', word: 'asks for care' },
};
const STRENGTH = Object.keys(ROLES);

/** Longer than this, a mark of nearly the whole text is about the turn, and is not painted over all of it. */
const WHOLE_FROM = 60;
const WHOLE_SHARE = 0.9;

/** @typedef {{behaviour: string, role: string, evidence: Evidence}} Seen */
/** @typedef {Seen & {turn: number}} Found */
/** @typedef {{behaviour: string, role: string, start: number, end: number, quote?: string}} Place */

/** The turn in which evidence stands: seq is what both sides have from the source, positions are only as good as what has arrived. @param {Interaction} interaction @returns {(evidence: Evidence) => number} */
export function turnOf(interaction) {
  const bySeq = new Map(interaction.turns.filter(({ seq }) => seq !== null).map(({ seq, turn }) => [seq, turn]));
  return ({ seq, turn }) => (seq === null ? turn : bySeq.get(seq) ?? turn);
}

/** All evidence of all cards, with the role that it plays. @param {Interaction} interaction @returns {Found[]} */
export function evidenceOf(interaction) {
  const place = turnOf(interaction);
  const heard = new Map(interaction.turns.map((turn) => [turn.turn, turn.speaker]));
  const judged = interaction.turns.some(({ speaker }) => speaker === 'lead') ? 'lead' : 'agent';
  const asks = (/** @type {Evidence} */ evidence) => {
    const speaker = heard.get(place(evidence));
    return speaker === undefined ? /^(customer|concern|terms)\./.test(evidence.rule) : speaker !== judged;
  };
  const found = interaction.cards.flatMap((card) => [...ofOutcomes(interaction, card, asks), ...ofOpen(card, asks)]);
  return found.map((one) => ({ ...one, turn: place(one.evidence) }));
}

/** @param {Interaction} interaction @param {Card} card @param {(evidence: Evidence) => boolean} asks @returns {Seen[]} */
function ofOutcomes(interaction, card, asks) {
  return card.behaviours.flatMap(({ id, outcome, evidence }) => {
    const kind = interaction.behaviours[id]?.kind;
    const own = kind === 'penalty' ? 'harm' : outcome === 'partial' ? 'half' : 'credit';
    return evidence.map((one) => ({ behaviour: id, role: kind === 'opportunity' && asks(one) ? 'ask' : own, evidence: one }));
  });
}

/** What open cards say beside. @param {Card} card @param {(evidence: Evidence) => boolean} asks @returns {Seen[]} */
function ofOpen(card, asks) {
  const roles = /** @type {Record<string, string>} */ ({ penalty: 'harm', bonus: 'credit', delight: 'joy', thanks: 'joy' });
  const pending = (card.pending ?? []).flatMap(({ id, evidence }) => (evidence ?? []).map((one) => ({ behaviour: id, role: asks(one) ? 'ask' : 'half', evidence: one })));
  const moments = (card.moments ?? []).map(({ id, kind, evidence }) => ({ behaviour: id, role: roles[kind ?? ''] ?? 'credit', evidence }));
  return [...pending, ...moments];
}

/**
 * Places in the text of one turn. The server knows better where redaction or an edit has moved them.
 * @param {Turn} turn
 * @param {Found[]} found all of the interaction
 * @returns {Place[]}
 */
export function placesIn(turn, found) {
  const here = found.filter((one) => one.turn === turn.turn);
  const text = turn.text ?? '';
  if (turn.marks) {
    const role = (/** @type {string} */ id) => here.filter(({ behaviour }) => behaviour === id).map((one) => one.role).sort(byStrength)[0] ?? 'credit';
    return once(turn.marks.map(({ behaviour, start, end }) => ({ behaviour, role: role(behaviour), start, end })));
  }
  const units = unitsOf(text);
  return once(here.map(({ behaviour, role, evidence: { start, end, quote } }) => ({ behaviour, role, start: units(start), end: units(end), quote })));
}

const byStrength = (/** @type {string} */ a, /** @type {string} */ b) => STRENGTH.indexOf(a) - STRENGTH.indexOf(b);

/** @param {Place[]} places @returns {Place[]} */
function once(places) {
  const seen = new Set();
  return places
    .filter(({ behaviour, role, start, end }) => {
      const key = [behaviour, role, start, end].join(' ');
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => byStrength(a.role, b.role) || a.start - b.start);
}

/** From bytes of UTF-8 to UTF-16 units; in the middle of a character: its beginning. @param {string} text @returns {(bytes: number) => number} */
export function unitsOf(text) {
  const at = [0];
  let units = 0;
  for (const character of text) {
    const code = /** @type {number} */ (character.codePointAt(0));
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 1; i < bytes; i++) at.push(units);
    units += character.length;
    at.push(units);
  }
  return (bytes) => at[Math.max(0, Math.min(bytes, at.length - 1))];
}

/** Is it about the turn as a whole? @param {Place} place @param {string} text */
const whole = ({ start, end }, text) => text.length > WHOLE_FROM && end - start > text.length * WHOLE_SHARE;

/**
 * A text in pieces, each with the strongest role that lies on it, or none.
 * @param {string} text
 * @param {Place[]} places
 * @returns {{text: string, role: string | null}[]}
 */
export function piecesOf(text, places) {
  const painted = places.filter((place) => place.end > place.start && !whole(place, text));
  const cuts = [...new Set([0, text.length, ...painted.flatMap(({ start, end }) => [start, end])])].filter((cut) => cut >= 0 && cut <= text.length).sort((a, b) => a - b);
  /** @type {{text: string, role: string | null}[]} */
  const pieces = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const roles = painted.filter(({ start, end }) => start <= cuts[i] && end >= cuts[i + 1]).map(({ role }) => role).sort(byStrength);
    const role = roles[0] ?? null;
    const last = pieces.at(-1);
    const piece = text.slice(cuts[i], cuts[i + 1]);
    if (last && last.role === role) last.text += piece;
    else pieces.push({ text: piece, role });
  }
  return pieces;
}
