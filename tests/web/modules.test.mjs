// The modules that need no browser.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeAnnouncer } from '../../engine/web/wallboard/lib/announce.js';
import { makeClock } from '../../engine/web/wallboard/lib/clock.js';
import * as format from '../../engine/web/wallboard/lib/format.js';
import { makeState } from '../../engine/web/wallboard/lib/state.js';
import { evidenceOf, piecesOf, placesIn, unitsOf } from '../../engine/web/wallboard/interaction/marks.js';
import { interactions } from './conversations.mjs';

test('spans are read as people read them', () => {
  const table = /** @type {[(s: number) => string, number, string][]} */ ([
    [format.wait, 0, '0:00'], [format.wait, 59.9, '0:59'], [format.wait, 252, '4:12'], [format.wait, 3599, '59:59'], [format.wait, 3600, '1h00'],
    [format.wait, 3900, '1h05'], [format.wait, 86_399, '23h59'], [format.wait, 273_600, '3d4h'], [format.wait, -3, '0:00'], [format.wait, NaN, '–'],
    [format.span, 0, '0 s'], [format.span, 1.54, '1.5 s'], [format.span, 59.7, '1 min'], [format.span, 142, '2 min 22 s'], [format.span, 7500, '2 h 5 min'],
    [format.span, 7199, '1 h 59 min'], [format.span, 90_000, '1 d 1 h'], [format.span, NaN, '–'],
    [format.about, -7200, '2 h'], [format.about, 59, '59 s'],
  ]);
  for (const [as, seconds, words] of table) assert.equal(as(seconds), words);
});

test('scores are whole numbers, half goes up, and none is a dash', () => {
  assert.deepEqual([61.5, 61.49, 0, 100, null, undefined].map((score) => format.score(score)), ['62', '61', '0', '100', '–', '–']);
});

test('times are those of the zone; a zone that nobody knows is UTC', () => {
  assert.equal(format.hour('2026-11-30T23:14:07.250Z', 'UTC'), '23:14');
  assert.equal(format.hour('2026-11-30T23:14:07.250Z', 'Europe/Berlin', true), '00:14:07');
  assert.equal(format.hour('2026-11-30T23:14:07.250Z', 'Nowhere/Land'), '23:14');
  assert.equal(format.moment('2026-11-30T23:14:07Z', 'UTC', Date.parse('2026-11-30T01:00:00Z')), '23:14');
  assert.match(format.moment('2026-11-29T23:14:07Z', 'UTC', Date.parse('2026-11-30T01:00:00Z')), /29 Nov/);
  assert.equal(format.hour('soon', 'UTC'), '–');
});

test('the clock goes at the rate of a replay, stands still when told, and does not jump back a little', () => {
  let wall = 0;
  const clock = makeClock(() => wall);
  assert.ok(Number.isNaN(clock.now()));
  clock.tell('2026-01-01T00:00:00Z', 20);
  const at = clock.now();
  wall += 1000;
  assert.equal(clock.now() - at, 20_000);
  clock.tell('2026-01-01T00:00:19Z');
  assert.equal(clock.now() - at, 20_000, 'a second behind at twenty times is nothing');
  clock.stop();
  wall += 5000;
  assert.equal(clock.now() - at, 20_000);
  clock.go();
  wall += 100;
  assert.equal(clock.now() - at, 22_000);
  clock.tell('2025-01-01T00:00:00Z', 1);
  assert.equal(clock.now(), Date.parse('2025-01-01T00:00:00Z'), 'another run is another time');
  clock.tell('nonsense');
  assert.equal(clock.now(), Date.parse('2025-01-01T00:00:00Z'));
});

test('a delta replaces sections, before a snapshot it is nothing, and unknown sections do no harm', () => {
  const state = makeState();
  assert.deepEqual(state.delta({ concerns: /** @type {any} */ ({}) }), []);
  state.snapshot(/** @type {any} */ ({ concerns: { count: 1 }, care: { n: 2 } }));
  assert.deepEqual(state.delta(/** @type {any} */ ({ concerns: { count: 2 }, weather: 'fine' })), ['concerns']);
  assert.equal(state.board()?.concerns.count, 2);
  assert.equal(state.board()?.care.n, 2);
});

test('at most one announcement in ten seconds, and that is the newest', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let wall = 0;
  const region = { textContent: '' };
  const announce = makeAnnouncer(/** @type {any} */ (region), () => wall);
  const pass = (/** @type {number} */ ms) => { wall += ms; context.mock.timers.tick(ms); };
  announce('one');
  pass(0);
  assert.equal(region.textContent, 'one');
  announce('two');
  announce('three');
  pass(9999);
  assert.equal(region.textContent, 'one');
  pass(1);
  assert.equal(region.textContent, 'three');
});

test('bytes become units of UTF-16, whatever is in the text', () => {
  const words = 'aé漢😀z';
  const units = unitsOf(words);
  assert.deepEqual([0, 1, 3, 6, 10, 11].map(units), [0, 1, 2, 3, 5, 6]);
  assert.deepEqual([2, 8, 99, -1].map(units), [1, 3, 6, 0], 'inside of a character and outside of the text');
});

test('marks that lie over each other show the strongest, and no text is lost', () => {
  const text = 'Sorry again, nothing I can do';
  const places = [{ behaviour: 'a', role: 'credit', start: 0, end: 11 }, { behaviour: 'b', role: 'harm', start: 6, end: 20 }, { behaviour: 'c', role: 'ask', start: 40, end: 99 }];
  const pieces = piecesOf(text, places);
  assert.equal(pieces.map((piece) => piece.text).join(''), text);
  assert.deepEqual(pieces.map(({ role }) => role), ['credit', 'harm', null]);
  assert.deepEqual(pieces.map((piece) => piece.text), ['Sorry ', 'again, nothing', ' I can do']);
});

test('roles of evidence: who asks, what was met, half met, or against care', () => {
  const known = interactions(Date.now());
  const done = /** @type {any} */ (known.get('chat-done'));
  const roles = (/** @type {string} */ id) => evidenceOf(done).filter(({ behaviour }) => behaviour === id).map(({ role }) => role);
  assert.deepEqual(roles('respond.empathy'), ['ask', 'credit', 'credit']);
  assert.deepEqual(roles('respond.answer'), ['ask', 'half']);
  assert.deepEqual(roles('against.empty_apology'), ['harm']);
  const open = /** @type {any} */ (known.get('chat-0'));
  assert.deepEqual(placesIn(open.turns[2], evidenceOf(open)).map(({ role }) => role), ['harm', 'half']);
});

test('types hold: JSDoc of all modules, checked', () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const found = spawnSync(process.execPath, [`${here}node_modules/typescript/bin/tsc`, '-p', `${here}jsconfig.json`], { encoding: 'utf8' });
  assert.equal(found.stdout, '');
  assert.equal(found.status, 0);
});
