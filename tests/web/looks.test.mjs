// Can it be read: by everybody, from far and near, in light and dark, with any names.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { PHONE, WALL, ready, until, withMock } from './browser.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Figures and all other text against what lies behind them. */
const CONTRAST = 7;

const THEMES = /** @type {const} */ (['light', 'dark']);
const SCENES = ['busy', 'empty', 'strange', 'crowded', 'starting', 'stalled', 'ended', 'lossy'];
const INTERACTIONS = { final: 'chat-done', open: 'chat-0', quotes: 'chat-quotes', unscored: 'chat-hi', strange: '"><svg onload=window.pwned=1>', unknown: 'nobody' };

/** What axe finds, in short. Themes differ in nothing but colours. @param {import('playwright-core').Page} page @param {boolean} [coloursOnly] */
async function violations(page, coloursOnly = false) {
  // evaluate is of the debugger, so the page's policy need not let it in
  await page.evaluate(AXE);
  return page.evaluate(async (only) => {
    const found = await /** @type {any} */ (window).axe.run(document, only ? { runOnly: ['color-contrast', 'color-contrast-enhanced'] } : { rules: { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } } });
    return found.violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(' | ')}`);
  }, coloursOnly);
}

/** Every text that is seen and stands out less than it should. @param {import('playwright-core').Page} page */
const faint = (page) => page.evaluate((least) => {
  const parse = (/** @type {string} */ colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (/** @type {number[]} */ [r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (/** @type {Element | null} */ element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element || !walker.currentNode.textContent?.trim() || !element.checkVisibility({ visibilityProperty: true }) || element.closest('.unseen, noscript, script')) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) bad.push(`${ratio.toFixed(2)} ${element.className} ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  return bad;
}, CONTRAST);

/** @param {import('playwright-core').Page} page */
const overflow = (page) => page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);

/** Another scene, drawn and at rest. @param {import('playwright-core').Page} page @param {import('./browser.mjs').Mock} server @param {string} scene */
async function show(page, server, scene) {
  // the clock of a scene is its mark: each shows a second of its own
  const at = Date.UTC(2031, 0, 1, 0, 0, 0) + 3_600_000 * (1 + SCENES.indexOf(scene));
  server.scene(scene, at);
  await until(page, (/** @type {string} */ hour) => document.querySelector('#clock')?.textContent?.startsWith(hour), new Date(at).toISOString().slice(11, 13));
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))); }));
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
}

for (const colorScheme of THEMES) {
  test(`boards in ${colorScheme}: axe has nothing to say, texts stand out`, () => withMock({ scene: 'busy', colorScheme }, async (page, server) => {
    await ready(page);
    for (const scene of SCENES) {
      await show(page, server, scene);
      assert.deepEqual(await violations(page, colorScheme === 'dark'), [], scene);
      assert.deepEqual(await faint(page), [], scene);
    }
    server.mute();
    await until(page, () => document.body.dataset.stream === 'lost');
    assert.deepEqual([...await violations(page), ...await faint(page)], [], 'lost');
  }));

  test(`interactions in ${colorScheme}: axe has nothing to say, texts stand out`, () => withMock({ scene: 'busy', colorScheme, allows: /uplot|404/ }, async (page, server) => {
    for (const [name, id] of Object.entries(INTERACTIONS)) {
      await page.goto(`${server.url}/interaction?id=${encodeURIComponent(id)}`);
      await page.waitForSelector('body:not([data-state="loading"])');
      await page.locator('details').evaluateAll((all) => all.forEach((one) => { /** @type {HTMLDetailsElement} */ (one).open = true; }));
      assert.deepEqual([...await violations(page, colorScheme === 'dark'), ...await faint(page)], [], name);
    }
  }));
}

test('a phone never scrolls sideways', () => withMock({ scene: 'busy', viewport: PHONE, allows: /uplot|404/ }, async (page, server) => {
  await ready(page);
  for (const scene of SCENES) {
    await show(page, server, scene);
    assert.ok((await overflow(page))[0] <= 0, `${scene} is ${(await overflow(page))[0]} px too wide`);
  }
  assert.deepEqual([...await violations(page), ...await faint(page)], []);
  for (const [name, id] of Object.entries(INTERACTIONS)) {
    await page.goto(`${server.url}/interaction?id=${encodeURIComponent(id)}`);
    await page.waitForSelector('body:not([data-state="loading"])');
    assert.ok((await overflow(page))[0] <= 0, `${name} is ${(await overflow(page))[0]} px too wide`);
  }
}));

test('a wall scrolls nowhere, and cuts no row in half', () => withMock({ scene: 'busy', viewport: WALL }, async (page, server) => {
  await ready(page);
  for (const scene of SCENES) {
    await show(page, server, scene);
    assert.deepEqual((await overflow(page)).map((px) => Math.max(0, px)), [0, 0], scene);
    const cut = await page.locator('.rows > *:visible').evaluateAll((rows) => rows
      .filter((row) => row.getBoundingClientRect().bottom > /** @type {Element} */ (row.closest('.panel')).getBoundingClientRect().bottom).map((row) => row.textContent));
    assert.deepEqual(cut, [], scene);
    const small = await page.evaluate(() => [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && e.children.length === 0 && e.textContent?.trim() && !e.closest('.unseen'))
      .map((e) => parseFloat(getComputedStyle(e).fontSize)).sort((a, b) => a - b)[0]);
    assert.ok(small >= 19, `the smallest text is ${small} px`);
  }
  assert.ok(await page.locator('#waiting .figure').first().evaluate((figure) => parseFloat(getComputedStyle(figure).fontSize)) >= 96, 'the first figure is read from far');
}));

test('the same wall at four times the pixels looks the same', () => withMock({ scene: 'busy', viewport: { width: 3840, height: 2160 } }, async (page) => {
  await ready(page);
  assert.equal(Math.round(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))), 48);
  assert.deepEqual((await overflow(page)).map((px) => Math.max(0, px)), [0, 0]);
}));

test('figures have digits of one width', () => withMock({ scene: 'busy' }, async (page) => {
  await ready(page);
  const kinds = await page.locator('.figure, .wait').evaluateAll((all) => [...new Set(all.map((one) => getComputedStyle(one).fontVariantNumeric))]);
  assert.equal(kinds.length, 1);
  assert.match(kinds[0], /tabular-nums/);
}));

test('?theme= wins over the system, and the system is followed while it changes', () => withMock({ scene: 'busy', colorScheme: 'dark' }, async (page, server) => {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await until(page, () => document.documentElement.dataset.theme === 'light');
  await page.goto(`${server.url}/?theme=dark`);
  assert.equal(await theme(), 'dark');
  await page.goto(`${server.url}/interaction?id=chat-done&theme=dark`);
  assert.equal(await theme(), 'dark');
}));

for (const [reducedMotion, moves] of /** @type {['reduce' | 'no-preference', boolean][]} */ ([['reduce', false], ['no-preference', true]])) {
  test(`motion: ${reducedMotion}`, () => withMock({ scene: 'empty', reducedMotion }, async (page, server) => {
    await ready(page);
    server.scene('busy');
    await page.waitForSelector('.concern.arrives');
    const animated = await page.evaluate(() => document.getAnimations().length + [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).animationName !== 'none').length);
    assert.equal(animated > 0, moves);
  }));
}

test('no colour says anything alone: every coloured word has a shape, and every shape a word', () => withMock({ scene: 'busy' }, async (page) => {
  await ready(page);
  const alone = await page.locator('.tag').evaluateAll((tags) => tags.filter((tag) => !tag.querySelector('svg.icon path') || !tag.textContent?.trim()).map((tag) => tag.outerHTML));
  assert.deepEqual(alone, []);
}));
