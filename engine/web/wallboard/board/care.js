// CARE of the interactions that ended in the window: of how many, against which target, in which dimensions, and how many have no score and why.

import { byId, el, fill } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { unvalidated } from '../lib/parts.js';
import { drawTrend } from './trend.js';

/** @import { Board, Dimension, Care } from '../types.js' */

/** Shape, meaning and words of where a score stands beside its target. */
const ZONES = {
  below: ['below', 'harm', (/** @type {string} */ target) => `below ${target}`],
  near: ['near', 'half', (/** @type {string} */ target) => `near ${target}`],
  reached: ['above', 'good', (/** @type {string} */ target) => `reached ${target}`],
};

/** @param {Board} board */
export function drawCare(board) {
  const { care, settings } = board;
  fill(byId('care-of'), `interactions that ended in the ${format.windowOf(settings.window_s)} (${settings.zone})`);
  fill(byId('care-score'),
    care.score !== null && el('p', { class: 'figure huge' }, format.score(care.score)),
    el('div', { class: 'beside' },
      zone(care, 'target '),
      el('p', null, care.n ? `of ${format.plural(care.n, 'interaction')}` : el('strong', null, 'Nothing with a score has ended yet.')),
      care.unvalidated && el('p', null, unvalidated())));
  fill(byId('dimensions'), care.dimensions.map(drawDimension));
  drawTrend(byId('trend'), care, settings.zone);
  drawUnscored(care);
}

/** @param {Care | Dimension} of @param {string} target how it is called where there is room */
function zone(of, target) {
  if (of.target === null) return null;
  const known = of.zone_of_score && ZONES[of.zone_of_score];
  if (!known) return el('p', { class: 'quiet' }, `target ${of.target}`);
  const [shape, meaning, words] = known;
  return el('p', { class: `tag ${meaning}` }, icon(/** @type {string} */ (shape)), /** @type {Function} */ (words)(target + of.target));
}

/** @param {Dimension} dimension */
function drawDimension(dimension) {
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' }, el('span', { class: 'value' }), dimension.target !== null && el('span', { class: 'target' }));
  bar.style.setProperty('--value', String(dimension.score ?? 0));
  bar.style.setProperty('--target', String(dimension.target ?? 0));
  return el('div', null,
    el('dt', { class: 'name' }, dimension.title),
    el('dd', null, el('span', { class: dimension.score === null ? 'quiet' : 'figure' }, format.score(dimension.score)), bar,
      el('div', { class: 'small' }, zone(dimension, ''), el('p', { class: 'quiet' }, `n ${format.count(dimension.n)}`, dimension.unvalidated && [' · ', unvalidated()]))));
}

/** @param {Care} care */
function drawUnscored(care) {
  const { n, reasons } = care.unscored;
  const why = reasons.map((reason) => `${reason.title} ${format.count(reason.n)}`).join(', ');
  fill(byId('unscored'), el('strong', null, `Not scored: ${format.count(n)}`), n > 0 && el('span', { class: 'quiet' }, ` · ${why}`));
}
