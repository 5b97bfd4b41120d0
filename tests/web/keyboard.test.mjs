// Everything can be reached and done without a mouse, and is seen where it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, WALL, ready, until, withMock } from './browser.mjs';

/** Tabs through a page: what has the focus, until it comes round. @param {import('playwright-core').Page} page */
async function tour(page) {
  const stops = [];
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = /** @type {HTMLElement} */ (document.activeElement);
      if (!e || e === document.body) return null;
      const style = getComputedStyle(e);
      const at = e.getBoundingClientRect();
      const bubble = e.matches('.turn') ? getComputedStyle(/** @type {Element} */ (e.querySelector('.bubble'))) : style;
      return { name: e.innerText.trim().slice(0, 40), outlined: parseFloat(bubble.outlineWidth) >= 2 && bubble.outlineStyle !== 'none', inside: at.width > 0 && at.bottom > 0 && at.top < innerHeight };
    });
    if (!stop) break;
    stops.push(stop);
  }
  return stops;
}

for (const [name, viewport] of Object.entries({ wall: WALL, phone: PHONE })) {
  test(`a tour of the board on a ${name}: all links in order, each seen and framed`, () => withMock({ scene: 'busy', viewport }, async (page) => {
    await ready(page);
    await page.waitForSelector('.concern');
    const stops = await tour(page);
    assert.deepEqual(stops.filter(({ outlined, inside }) => !outlined || !inside), []);
    const links = await page.locator('a:visible, button:visible').count();
    assert.equal(stops.length, links + Number(await page.locator('.skip').count() && !await page.locator('.skip').isVisible()));
    assert.match(stops[0].name, /To the customers who wait/);
  }));
}

test('from the board into a conversation, to a turn, and back, by keys alone', () => withMock({ scene: 'busy' }, async (page, server) => {
  await ready(page);
  await page.waitForSelector('.concern');
  const until_ = async (/** @type {RegExp} */ name) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if (name.test(await page.evaluate(() => (document.activeElement?.matches('a, button, summary') ? /** @type {HTMLElement} */ (document.activeElement).innerText : '')))) return;
    }
    assert.fail(`no ${name} is reached`);
  };
  await until_(/Nobody called me back/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#turns .turn');
  await until_(/We apologise/);
  await page.keyboard.press('Enter');
  await until(page, () => document.activeElement?.id === 'turn-2');
  await page.goto(`${server.url}/interaction?id=chat-done`);
  await page.waitForSelector('#turns .turn');
  await until_(/1 more/);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('details[open]').count(), 1);
  await page.keyboard.press('Home');
  await page.locator('#back').focus();
  await page.keyboard.press('Enter');
  await ready(page);
}));

test('a list is unfolded and folded by keys', () => withMock({ scene: 'crowded' }, async (page) => {
  await ready(page);
  await until(page, () => !/** @type {HTMLElement} */ (document.querySelector('#queues .more')).hidden);
  await page.locator('#queues .more').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#queues-rows tr:visible').count(), 40);
  assert.equal(await page.locator('#queues .more').getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#queues-rows tr:visible').count() < 40);
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'more');
}));

test('the first key skips to those who wait', () => withMock({ scene: 'busy', viewport: PHONE }, async (page) => {
  await ready(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(new URL(page.url()).hash, '#concerns');
}));
