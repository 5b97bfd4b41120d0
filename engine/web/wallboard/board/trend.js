// How CARE went in the window, in steps of some minutes. Drawn by uPlot where the binary has it, else as plain bars; the figures themselves stand in a
// table for readers either way.

import { el, fill } from '../lib/dom.js';
import * as format from '../lib/format.js';

/** @import { Care } from '../types.js' */

/** The chart library is there only where it was built in: a board without it is whole. @type {Promise<any | null>} */
const library = import(/** @type {any} */ ('/uplot.js')).then((module) => addStyle().then(() => module.default)).catch(() => null);

/** @type {{chart: any, figure: HTMLElement, draw: () => void} | null} */
let shown = null;
let latest = '';

/** @param {HTMLElement} figure @param {Care} care @param {string} zone */
export async function drawTrend(figure, care, zone) {
  const from = JSON.stringify([care.trend, care.target, zone]);
  if (from === latest) return;
  latest = from;
  figure.hidden = care.trend.every(({ score }) => score === null);
  if (figure.hidden) return;
  const uPlot = await library;
  if (from !== latest) return; // newer figures came while it loaded
  const draw = () => {
    shown?.chart?.destroy();
    const plot = el('div', { class: 'plot', 'aria-hidden': 'true' });
    fill(figure, el('figcaption', { class: 'quiet small' }, caption(care, zone)), plot, table(care, zone));
    const chart = uPlot ? lines(uPlot, plot, care, zone) : bars(plot, care, zone);
    shown = { chart, figure, draw };
  };
  draw();
}

addEventListener('themechange', () => shown?.draw());
const sized = new ResizeObserver(() => {
  const plot = shown?.figure.querySelector('.plot');
  if (plot && shown?.chart) shown.chart.setSize({ width: plot.clientWidth, height: plot.clientHeight });
});
sized.observe(document.documentElement);

function addStyle() {
  return new Promise((resolve, reject) => {
    document.head.append(el('link', { rel: 'stylesheet', href: '/uplot.css', onload: resolve, onerror: reject }));
  });
}

/** @param {Care} care @param {string} zone */
function caption({ trend }, zone) {
  if (trend.length < 2) return 'CARE by time';
  const minutes = Math.round((Date.parse(trend[1].from) - Date.parse(trend[0].from)) / 60_000);
  return `CARE from ${format.hour(trend[0].from, zone)} on, every ${format.plural(minutes, 'minute')}`;
}

/** @param {any} uPlot @param {HTMLElement} plot @param {Care} care @param {string} zone */
function lines(uPlot, plot, care, zone) {
  const colour = (/** @type {string} */ name) => getComputedStyle(plot).getPropertyValue(name).trim();
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `${0.75 * rem}px ${getComputedStyle(plot).fontFamily}`;
  const times = care.trend.map(({ from }) => Date.parse(from) / 1000);
  const values = [times, care.trend.map(({ score }) => score)];
  const series = [{}, { stroke: colour('--ink'), width: 0.1 * rem, points: { show: true, size: 0.36 * rem, fill: colour('--ink') }, spanGaps: false }];
  if (care.target !== null) {
    values.push(times.map(() => care.target));
    series.push(/** @type {any} */ ({ stroke: colour('--quiet'), width: 0.06 * rem, dash: [0.3 * rem, 0.25 * rem], points: { show: false } }));
  }
  const axis = { stroke: colour('--quiet'), font, ticks: { show: false }, gap: 0.25 * rem };
  return new uPlot({
    width: plot.clientWidth, height: plot.clientHeight, pxAlign: false, legend: { show: false }, cursor: { show: false }, padding: [0.4 * rem, 1.2 * rem, 0, 0],
    scales: { x: { time: true }, y: { range: [0, 100] } },
    axes: [
      { ...axis, size: 1.3 * rem, space: 4 * rem, grid: { show: false }, splits: () => ends(times), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((s) => format.hour(s * 1000, zone)) },
      { ...axis, size: 2 * rem, grid: { stroke: colour('--hair'), width: 1 }, splits: () => (plot.clientHeight < 5 * rem ? [0, 100] : [0, 50, 100]) },
    ],
    series,
  }, values, plot);
}

/** First, middle and last: enough to know when. @param {number[]} times */
const ends = (times) => [...new Set([0, times.length >> 1, times.length - 1])].filter((i) => i >= 0).map((i) => times[i]);

/** @param {HTMLElement} plot @param {Care} care @param {string} zone */
function bars(plot, care, zone) {
  plot.classList.add('bars');
  for (const { from, score } of care.trend) {
    const bar = el('span', { class: score === null ? 'none' : '', title: `${format.hour(from, zone)}: ${format.score(score)}` });
    bar.style.setProperty('--value', String(score ?? 0));
    plot.append(bar);
  }
  return null;
}

/** @param {Care} care @param {string} zone */
function table(care, zone) {
  const row = (/** @type {Care['trend'][0]} */ { from, n, score }) =>
    el('tr', null, el('th', { scope: 'row' }, format.hour(from, zone)), el('td', null, format.score(score)), el('td', null, n));
  return el('div', { class: 'unseen' }, el('table', null,
    el('caption', null, 'CARE by time'),
    el('thead', null, el('tr', null, ['From', 'CARE', 'n'].map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', null, care.trend.map(row))));
}
