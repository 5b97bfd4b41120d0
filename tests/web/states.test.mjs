// What the board says when something is wrong, or not there yet.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { look, ready, text, until, withMock } from './browser.mjs';
import { mock } from './mock.mjs';

/** People must see a lost stream within so many milliseconds of silence. */
const SEEN_MS = 3000;
const lost = () => document.body.dataset.stream === 'lost';

// most of the time is waiting
describe('states', { concurrency: 4 }, () => {
  for (const [how, silence] of /** @type {[string, (server: Awaited<ReturnType<typeof mock>>) => void][]} */ ([
    ['a connection on which nothing comes any more', (server) => server.mute()],
    ['a connection that breaks and is refused', (server) => server.refuse(503)],
  ])) {
    test(`${how} is seen within three seconds, and ends when news come`, () => withMock({ scene: 'busy', allows: /uplot|503|ERR_/ }, async (page, server) => {
      await ready(page);
      silence(server);
      await until(page, lost);
      const silent = Date.now() - server.told();
      assert.ok(silent < SEEN_MS, `seen after ${silent} ms`);
      assert.match(await text(page, '#notice'), /No news for 0:0\d\.\s+Figures are from \d\d:\d\d:\d\d\. Trying again/);
      assert.match(await page.locator('#source').textContent() ?? '', /No news/);
      const [wait, clock] = [await text(page, '.concern .wait'), await text(page, '#clock')];
      await until(page, () => /No news for 0:0[5-9]/.test(document.querySelector('#notice')?.textContent ?? ''));
      assert.deepEqual([await text(page, '.concern .wait'), await text(page, '#clock')], [wait, clock], 'time that nobody tells stands still');
      server.unmute();
      server.refuse(0);
      await until(page, () => document.body.dataset.stream === 'alive', undefined, 15_000);
      assert.equal(await page.locator('#notice').isVisible(), false);
      assert.match(await text(page, '#source'), /Live/);
    }));
  }

  test('why there is no stream is said in the words of the server', () => withMock({ scene: 'busy', allows: /uplot|503|ERR_/ }, async (page, server) => {
    await ready(page);
    server.refuse(503);
    await until(page, () => /too many clients/.test(document.querySelector('#notice')?.textContent ?? ''), undefined, 15_000);
  }));

  test('a server that goes away and comes back is found again', async () => {
    const first = await mock({ scene: 'busy' });
    await look(first.url, async (page) => {
      await ready(page);
      await first.close();
      await until(page, lost);
      const second = await mock({ scene: 'empty', port: first.port });
      try {
        await until(page, () => document.body.dataset.stream === 'alive', undefined, 15_000);
        assert.match(await text(page, '#concerns'), /Nobody is waiting\./);
      } finally {
        await second.close();
      }
    }, { allows: /uplot|ERR_/ });
  });

  test('before there is a board there is its frame, and no figure', () => withMock({ scene: 'busy', allows: /uplot|503|ERR_/ }, async (page, server) => {
    server.refuse(503);
    await page.reload();
    assert.equal(await page.locator('body').getAttribute('data-source'), 'loading');
    assert.equal(await page.locator('.figure:visible').count(), 0);
    await until(page, () => /No connection to caremeter yet/.test(document.querySelector('#notice')?.textContent ?? ''));
    server.refuse(0);
    await page.waitForSelector('body[data-source="live"]', { timeout: 15_000 });
  }));

  test('half a message is no board: a new stream begins with everything', () => withMock({ scene: 'busy' }, async (page, server) => {
    await ready(page);
    const board = server.board();
    server.raw('delta', '{"concerns":{"count":3,');
    board.care.score = 77;
    await until(page, () => /77/.test(document.querySelector('#care-score')?.textContent ?? ''), undefined, 10_000);
    assert.equal(server.streams(), 1, 'the broken stream was closed');
  }));

  for (const [scene, words] of /** @type {[string, RegExp][]} */ ([
    ['starting', /Reading what was there\..*Partitions seen 3\/12/s],
    ['stalled', /The source stands still\./],
    ['ended', /That was all\./],
    ['lossy', /1,204 scorecards not counted\..*too low/s],
  ])) {
    test(`${scene} is said in words`, () => withMock({ scene }, async (page, server) => {
      await ready(page);
      assert.match(await text(page, '#notice'), words);
      server.scene('busy');
      await until(page, () => /** @type {HTMLElement} */ (document.querySelector('#notice')).hidden);
    }));
  }

  test('who has not heard everything yet does not say that nobody waits', () => withMock({ scene: 'starting' }, async (page, server) => {
    await ready(page);
    assert.doesNotMatch(await text(page, '#concerns'), /Nobody is waiting/);
    server.delta({ source: { ...server.board().source, state: 'live' } });
    await until(page, () => /Nobody is waiting/.test(document.querySelector('#concerns')?.textContent ?? ''));
  }));

  test('without the chart library the trend is bars, and the same figures are in a table', () => withMock({ scene: 'busy', chart: false }, async (page) => {
    await ready(page);
    await page.waitForSelector('#trend .bars span');
    assert.equal(await page.locator('#trend .bars span').count(), 12);
    assert.equal(await page.locator('#trend tbody tr').count(), 12);
    const heights = await page.locator('#trend .bars span').evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().height));
    assert.ok(heights[6] > heights[8] && heights[8] > heights[2], `71, 52 and none are ${heights[6]}, ${heights[8]} and ${heights[2]} px high`);
  }));
});
