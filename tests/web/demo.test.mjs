// The real thing: `caremeter demo` in a browser, from its first second. CAREMETER names the program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { PHONE, look, ready, text, until } from './browser.mjs';

/** A minute of ours is an hour of theirs: twenty minutes of the demo, in which all is shown, take twenty seconds. */
const SPEED = '60';
const START_MS = 30_000;
const SCENE_MS = 60_000;

const program = process.env.CAREMETER;
/** @type {import('node:child_process').ChildProcess} */
let demo;
let url = '';

/** The board as the program tells it, as JSON. */
const board = async () => (await fetch(`${url}/api/board`)).json();

describe('the demo', { skip: program ? false : 'CAREMETER does not name the program' }, () => {
  before(async () => {
    demo = spawn(/** @type {string} */ (program), ['demo', '--listen', '127.0.0.1:0', '--speed', SPEED], { stdio: ['ignore', 'pipe', 'inherit'] });
    url = await new Promise((resolve, reject) => {
      let said = '';
      demo.stdout?.on('data', (data) => {
        said += data;
        const found = said.match(/http:\/\/[^\s/]+/);
        if (found) resolve(found[0]);
      });
      demo.on('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
      setTimeout(() => reject(new Error(`no address: ${said}`)), START_MS).unref();
    });
  });
  after(() => demo.kill('SIGKILL'));

  test('a concern appears, its wait counts, and it goes when it is answered', () => look(url, async (page) => {
    await ready(page);
    await page.waitForSelector('.concern', { timeout: SCENE_MS });
    const id = await page.locator('.concern').first().getAttribute('data-id');
    const row = (/** @type {string | null} */ of) => document.querySelector(`.concern[data-id="${of}"]`);
    assert.ok(await page.evaluate(row, id));
    const wait = await text(page, '.concern .wait');
    await until(page, (was) => document.querySelector('.concern .wait')?.textContent !== was, wait);
    // letters wait for days, and posts for hours: what is answered within the scene is a chat
    await page.waitForFunction(() => {
      const seen = /** @type {any} */ (window).seen ??= new Set();
      const now = new Set([...document.querySelectorAll('.concern')].map((one) => /** @type {HTMLElement} */ (one).dataset.id));
      for (const one of now) seen.add(one);
      return [...seen].some((one) => !now.has(one));
    }, undefined, { timeout: SCENE_MS });
  }));

  test('figures are there, with their count and window, and are those of /api/board', () => look(url, async (page) => {
    await ready(page);
    await page.waitForFunction(() => /of \d+ interactions/.test(document.querySelector('#care-score')?.textContent ?? ''), undefined, { timeout: SCENE_MS });
    assert.match(await text(page, '#care-of'), /last 60 minutes \(UTC\)/);
    assert.equal(await page.locator('#dimensions > div').count(), 4);
    assert.match(await text(page, '#unscored'), /Not scored: \d+/);
    assert.match(await text(page, '#clock'), /UTC · replay ×60/);
    const told = await board();
    await page.waitForFunction((n) => Number(document.querySelector('#queues-rows')?.children.length) >= n, told.queues.list.length);
    assert.ok(await page.locator('.moment').count() > 0, 'something to celebrate');
  }));

  test('a conversation: its words marked, its outcomes with reasons, and back', () => look(url, async (page) => {
    await ready(page);
    await page.waitForSelector('.moment a', { timeout: SCENE_MS });
    await page.locator('.moment a').first().click();
    await page.waitForSelector('#turns .turn');
    assert.ok(await page.locator('#turns .text mark').count() > 0, 'marked words');
    assert.ok(await page.locator('#outcomes .outcome').count() > 3, 'outcomes');
    const quote = page.locator('#outcomes .evidence button').first();
    await quote.click();
    await until(page, () => document.activeElement?.classList.contains('turn'));
    await page.locator('#back').click();
    await ready(page);
  }));

  test('two equally polite chats, one telling, one showing: the scores say which', () => look(url, async (page) => {
    /** @type {Record<string, number>} */
    const scores = {};
    for (const id of ['chat-northmere-name-change', 'chat-larkline-sim-swap']) {
      await page.goto(`${url}/interaction?id=${id}`);
      await page.waitForSelector('.score .figure');
      scores[id] = Number(await text(page, '.score .figure'));
    }
    assert.ok(scores['chat-larkline-sim-swap'] > scores['chat-northmere-name-change'] + 30, JSON.stringify(scores));
  }));

  test('a marked place is the words that it says', () => look(url, async (page) => {
    await page.goto(`${url}/interaction?id=chat-northmere-name-change`);
    await page.waitForSelector('#turns .turn');
    const marked = await page.locator('#turns .text mark').allInnerTexts();
    for (const words of ['That’s our policy', 'Nothing I can do']) assert.ok(marked.includes(words), `${words} is not among ${marked.join(' | ')}`);
  }));

  test('a phone, one queue, and the page again', () => look(url, async (page) => {
    await ready(page);
    const { queues } = await board();
    await page.goto(`${url}/?queue=${encodeURIComponent(queues.list[0].queue)}`);
    await ready(page);
    assert.match(await text(page, '#where'), new RegExp(queues.list[0].queue.replace(/\W/g, '.')));
    await page.reload();
    await ready(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }, { viewport: PHONE, colorScheme: 'dark' }));

  test('a demo that stands still is seen within three seconds, and when it goes on', () => look(url, async (page) => {
    await ready(page);
    demo.kill('SIGSTOP');
    const stopped = Date.now();
    try {
      await until(page, () => document.body.dataset.stream === 'lost');
      assert.ok(Date.now() - stopped < 3500, `seen after ${Date.now() - stopped} ms`);
    } finally {
      demo.kill('SIGCONT');
    }
    await until(page, () => document.body.dataset.stream === 'alive', undefined, 10_000);
  }));

  test('it ends as it should, and the board says so', () => look(url, async (page) => {
    await ready(page);
    demo.kill('SIGINT');
    const [code] = await once(demo, 'exit');
    assert.equal(code, 0);
    await until(page, () => document.body.dataset.stream === 'lost');
  }, { allows: /uplot|ERR_/ }));
});
