// The board shows what the stream tells, as it tells it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, isAge, ready, text, until, withMock } from './browser.mjs';
import { busy, concern, moment, withConcerns } from './scenes.mjs';

test('figures are those of the stream, and move with it', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  const waiting = await text(page, '#waiting');
  assert.ok(isAge(/^customers waiting\s+7\s+worst wait\s+(\d+:\d\d)\s/.exec(waiting)?.[1], server, 372), waiting);
  assert.match(await text(page, '#care-score'), /61\s+below target 70\s+of 42 interactions\s+unvalidated/);
  assert.match(await text(page, '#care-of'), /last 60 minutes \(UTC\)/);
  assert.match(await text(page, '#unscored'), /Not scored: 5 · too short 3, no agent wrote 2/);
  assert.match(await text(page, '#source'), /Live · partitions seen 12\/12 · 41 open, 1,318 final since \d\d:\d\d/);
  assert.equal(await page.title(), '7 waiting · Care now');
  const dimensions = await page.locator('#dimensions > div').allInnerTexts();
  assert.deepEqual(dimensions.map((one) => one.replace(/\s+/g, ' ')),
    ['Communicate 72 reached 70 n 42', 'Acknowledge 58 n 42', 'Respond 67 near 70 n 41', 'Enrich 44 n 38 · unvalidated']);
  const { care } = server.board();
  server.delta({ care: { ...care, n: 43, score: 62 } });
  await until(page, () => /62/.test(document.querySelector('#care-score')?.textContent ?? ''));
  assert.match(await text(page, '#care-score'), /of 43 interactions/);
  assert.doesNotMatch(await page.locator('body').innerText(), /%/, 'scores have no sign');
}));

test('a concern appears, its wait counts, a canned apology leaves it half met, and it goes when it is answered', () => withMock({ scene: 'empty' }, async (page, server) => {
  await ready(page);
  assert.match(await text(page, '#concerns'), /Nobody is waiting\./);
  const one = concern(server.now(), 0, { since: new Date(server.now() - 118_500).toISOString() });
  const sections = () => ({ concerns: withConcerns(structuredClone(server.board()), [one], server.now()).concerns });
  server.delta(sections());
  await page.waitForSelector('.concern');
  assert.match(await text(page, '.concern'), /Nobody called me back.*parcels · chat.*feels uncared for.*no answer yet/s);
  const before = await text(page, '.concern .wait');
  await until(page, (was) => document.querySelector('.concern .wait')?.textContent !== was, before);
  assert.equal(await page.locator('.concern .harm:has-text("late")').count(), 0);
  await until(page, () => /^2:0/.test(document.querySelector('.concern .wait')?.textContent ?? ''));
  server.delta(sections());
  await until(page, () => /late/.test(document.querySelector('.concern .wait')?.textContent ?? ''));
  one.state = 'half';
  server.delta(sections());
  await until(page, () => /words, no deed yet/.test(document.querySelector('.concern')?.textContent ?? ''));
  server.delta({ concerns: { count: 0, uncared: 0, late: 0, worst_since: null, list: [] } });
  await until(page, () => !document.querySelector('.concern'));
  assert.match(await text(page, '#concerns'), /Nobody is waiting\./);
}));

test('open interactions have no score anywhere', () => withMock({ scene: 'busy' }, async (page) => {
  await ready(page);
  assert.doesNotMatch(await text(page, '#concerns'), /CARE|\bscore\b/);
}));

test('an item that stays is the same node: a pointer on it does not lose it', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  await page.waitForSelector('.concern');
  await page.evaluate(() => { /** @type {any} */ (document.querySelectorAll('.concern')[2]).known = true; });
  const { concerns } = server.board();
  server.delta({ concerns: { ...concerns, count: 6, list: concerns.list.slice(1) } });
  await until(page, () => /^6/.test(document.querySelector('#waiting')?.textContent?.replace(/\D*/, '') ?? ''));
  assert.equal(await page.evaluate(() => /** @type {any} */ (document.querySelectorAll('.concern')[1]).known), true);
}));

test('a focused link keeps the keyboard while its row changes', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  await page.locator('.concern a').nth(1).focus();
  const concerns = structuredClone(server.board().concerns);
  concerns.list[1].state = 'unmet';
  server.delta({ concerns });
  await until(page, () => /no answer yet/.test(document.activeElement?.closest('.concern')?.textContent ?? ''));
}));

test('in a replay time goes as many times as fast', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  const board = busy(server.now());
  server.raw('snapshot', JSON.stringify({ ...board, clock: { ...board.clock, rate: 60 } }));
  await until(page, () => /replay ×60/.test(document.querySelector('#clock')?.textContent ?? ''));
  const seconds = () => page.locator('.concern .wait').first().innerText().then((wait) => wait.match(/(\d+):(\d+)/)?.slice(1).map(Number) ?? []).then(([m, s]) => m * 60 + s);
  const before = await seconds();
  await until(page, (was) => {
    const [m, s] = (document.querySelector('.concern .wait')?.textContent?.match(/\d+/g) ?? []).map(Number);
    return m * 60 + s > was + 50;
  }, before, 3000);
}));

test('the page can be loaded again at any time', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  server.delta({ concerns: { count: 0, uncared: 0, late: 0, worst_since: null, list: [] } });
  await page.reload();
  await ready(page);
  assert.match(await text(page, '#concerns'), /Nobody is waiting\./);
  assert.match(await text(page, '#care-score'), /61/);
}));

test('a queue that nobody has heard of gets no all-clear', () => withMock({ scene: 'empty', path: '/?queue=nosuch' }, async (page) => {
  await ready(page);
  const said = await text(page, '#concerns');
  assert.match(said, /Nothing is heard of nosuch\./);
  assert.doesNotMatch(said, /Nobody is waiting/);
}));

test('a queue has a board of its own, and links keep queue and theme', () => withMock({ scene: 'busy', path: '/?queue=cards+%26+more&theme=dark' }, async (page) => {
  await ready(page);
  assert.match(await text(page, '#where'), /cards & more/);
  const link = new URL(await page.locator('.concern a').first().evaluate((a) => /** @type {HTMLAnchorElement} */ (a).href));
  assert.equal(link.pathname, '/interaction');
  assert.deepEqual(Object.fromEntries(link.searchParams), { id: 'chat-0', queue: 'cards & more', theme: 'dark' });
  await page.locator('.concern a').first().click();
  await page.waitForSelector('#summary .title');
  await page.locator('#back').click();
  await ready(page);
  assert.equal(new URL(page.url()).search, '?queue=cards+%26+more&theme=dark');
}));

test('what does not fit is counted, shown on demand, and put away by Escape', () => withMock({ scene: 'crowded' }, async (page) => {
  await ready(page);
  const more = page.locator('#concerns .more');
  await until(page, () => /more/.test(document.querySelector('#concerns .more')?.textContent ?? ''));
  const shown = await page.locator('.concern:visible').count();
  assert.ok(shown >= 3, `${shown} rows are shown`);
  assert.equal(await more.innerText(), `${57 - shown} more`);
  await more.click();
  assert.equal(await page.locator('.concern:visible').count(), 20);
  assert.match(await more.innerText(), /37 more are not listed/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.concern:visible').count(), shown);
}));

test('deltas without end do not make the page grow', () => withMock({ scene: 'busy', viewport: PHONE }, async (page, server) => {
  await ready(page);
  const size = () => page.evaluate(() => document.querySelectorAll('*').length);
  const board = server.board();
  // other people, words and moments every time; a page that grows by one node a delta, or keeps rows of before, shows it
  const deltas = 2000;
  const told = (/** @type {number} */ i) => {
    const now = server.now();
    const list = Array.from({ length: 20 }, (_, n) => concern(now, n, { interaction_id: `chat-${i}-${n}`, words: `concern ${i} ${n}` }));
    const changed = withConcerns(structuredClone(board), list, now);
    return { concerns: changed.concerns, moments: { list: Array.from({ length: 12 }, (_, n) => moment(now, n, 'praise', `thanks ${i} ${n}`, 'hotels', 'The customer is delighted')) } };
  };
  server.delta(told(0));
  await until(page, () => /concern 0 0/.test(document.querySelector('.concern')?.textContent ?? ''));
  const before = await size();
  for (let i = 1; i <= deltas; i++) {
    server.delta(told(i));
    if (i % 100 === 0) await until(page, (/** @type {number} */ n) => new RegExp(`concern ${n} 0`).test(document.querySelector('.concern')?.textContent ?? ''), i, 20_000);
  }
  assert.equal(await size(), before);
  assert.equal(await page.locator('.concern').count(), 20);
}));

test('what is read aloud is polite and seldom', () => withMock({ scene: 'empty' }, async (page, server) => {
  await ready(page);
  assert.equal(await page.locator('[aria-live]').count(), 1);
  assert.equal(await page.locator('#said').getAttribute('aria-live'), 'polite');
  await until(page, () => document.querySelector('#said')?.textContent === 'Nobody is waiting.');
  await page.evaluate(() => {
    /** @type {any} */ (window).said = 0;
    new MutationObserver(() => { /** @type {any} */ (window).said++; }).observe(/** @type {Node} */ (document.querySelector('#said')), { childList: true, characterData: true, subtree: true });
  });
  for (let n = 1; n <= 30; n++) {
    const list = Array.from({ length: n }, (_, i) => concern(server.now(), i));
    server.delta({ concerns: withConcerns(structuredClone(server.board()), list, server.now()).concerns });
  }
  await until(page, () => /^30 /.test(document.title));
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).said), 0, 'thirty changes within a second are not thirty announcements');
}));
