// The page of one interaction.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAge, ready, text, until, withMock } from './browser.mjs';
import { evidence, outcome } from './conversations.mjs';

const at = (/** @type {string} */ id) => `/interaction?id=${encodeURIComponent(id)}`;
const opened = (/** @type {import('playwright-core').Page} */ page) => page.waitForSelector('body:not([data-state="loading"])');

// most of the time is waiting
describe('an interaction', { concurrency: 4 }, () => {
  test('from the board to the conversation and back', () => withMock({ scene: 'busy' }, async (page) => {
    await ready(page);
    await page.locator('.concern a').first().click();
    await opened(page);
    assert.match(await text(page, '#summary'), /Chat in parcels\s+chat-0\s+open\s+It may go on; there is a score when it has ended\./);
    await page.locator('#back').click();
    await ready(page);
  }));

  test('a final one has its score, its dimensions, its clock and its flags in words', () => withMock({ path: at('chat-done') }, async (page) => {
    await opened(page);
    const summary = (await text(page, '#summary')).replace(/\s+/g, ' ');
    for (const words of ['final 92 CARE 100 Communicate 76 Acknowledge 100 Respond 90 Enrich', 'First response 24 s', 'Replies, nine of ten within 2 min 48 s', 'Customer waited in all 4 min 10 s',
      'For the customer the customer says it is solved', 'Rating 4 of 5', 'Coverage 93 of 100 could be judged', 'Its times go backwards in places.']) assert.ok(summary.includes(words), `${words}\n${summary}`);
  }));

  test('an open one shows what is due and since when, and no score', () => withMock({ path: at('chat-0') }, async (page, server) => {
    await opened(page);
    assert.equal(await page.locator('.score').count(), 0);
    const due = (await text(page, '#outcomes')).replace(/\s+/g, ' ');
    const age = /Still due words, no deed yet Meets complaints and feelings with empathy, and a deed for (\d+:\d\d) Nobody called me back turn 1 We apologise turn 3/.exec(due)?.[1];
    assert.ok(isAge(age, server, 372), due);
    assert.match(due, /no answer yet Sees a complaint.* still due Checks that it is understood/);
  }));

  test('words that count are marked in place, each by its role', () => withMock({ path: at('chat-done') }, async (page) => {
    await opened(page);
    const marks = await page.locator('#turns .text mark').evaluateAll((all) => all.map((mark) => `${mark.className.replace('mark ', '')}: ${mark.textContent}`));
    assert.deepEqual(marks, ['ask: Nobody called me back', 'good: Good morning', 'good: that’s not acceptable', 'good: I apologise', 'good: He’s driving back for it now',
      'good: will ring your bell before 11:30', "ask: you're sure?", 'good: phone me from your door', 'half: I stay on this case', 'harm: Sorry again']);
    const lines = await page.locator('#turns .text mark').evaluateAll((all) => Object.fromEntries(all.map((mark) => [mark.className, getComputedStyle(mark).textDecorationStyle])));
    assert.equal(new Set(Object.values(lines)).size, 4, 'each role has a line of its own');
    assert.match(await text(page, '#turns'), /2 min 48 s/, 'long waits are told between turns');
  }));

  test('a quote leads to its turn', () => withMock({ path: at('chat-done') }, async (page) => {
    await opened(page);
    await page.locator('#outcomes button', { hasText: 'Sorry again' }).click();
    await until(page, () => document.activeElement?.id === 'turn-7');
    assert.match(await page.locator('#turn-7').getAttribute('class') ?? '', /shown/);
    await page.locator('#outcomes button', { hasText: 'turns 2 to 8' }).click();
    await until(page, () => document.activeElement?.id === 'turn-1');
  }));

  test('outcomes: against care first, what is unvalidated says so, what was not judged says why', () => withMock({ path: at('chat-done') }, async (page) => {
    await opened(page);
    const words = await page.locator('#outcomes section').evaluateAll((all) => all.map((one) => (/** @type {HTMLElement} */ (one).innerText).replace(/\s+/g, ' ')));
    assert.match(words[0], /^Communicate 100 missed Checks that it is understood, works, or is all unvalidated looked for in turns 2 to 8 met Greets/);
    assert.match(words[2], /^Respond 100 against care Is sorry and does nothing 8 points taken off .* half met Answers questions .* met Meets .* more than was due Promises .* 6 points added/);
    await page.locator('#outcomes details summary').click();
    assert.match(await text(page, '#outcomes details'), /not judged Shows warmth\s+the transcript is too unsure/);
  }));

  test('without texts there are the quotes, and why', () => withMock({ path: at('chat-quotes') }, async (page) => {
    await opened(page);
    assert.match(await text(page, '#explained'), /keeps no texts/);
    assert.match(await text(page, '#turns'), /Turn 1\s+Nobody called me back/);
    await page.locator('#outcomes button', { hasText: 'Sorry again' }).click();
    await until(page, () => document.activeElement?.id === 'turn-7');
  }));

  test('why there is no score', () => withMock({ path: at('chat-hi') }, async (page) => {
    await opened(page);
    assert.match(await text(page, '#summary'), /Not scored: too short to tell\./);
  }));

  test('one that nobody knows', () => withMock({ path: at('nobody'), allows: /404/ }, async (page) => {
    await opened(page);
    assert.match(await text(page, '#notice'), /does not know this interaction/);
  }));

  test('while it is open it is asked for again, and ends with a score', () => withMock({ path: at('chat-0') }, async (page, server) => {
    await opened(page);
    const one = structuredClone(server.known.get('chat-0'));
    one.turns.push({ ...one.turns[2], turn: 3, seq: 4, text: 'I’ve called the depot: it is back at your door at 11:30.' });
    const [card] = one.cards;
    card.behaviours = [outcome('respond.empathy', 'delivered', 1, [evidence(one.turns, 0, 'Nobody called me back', 'customer.uncared'), evidence(one.turns, 3, 'I’ve called the depot', 'deed.done')])];
    card.pending = [];
    server.known.set('chat-0', one);
    await until(page, () => /I’ve called the depot/.test(document.querySelector('#turn-3 mark.good')?.textContent ?? ''));
    assert.doesNotMatch(await text(page, '#outcomes'), /no deed yet/);
    server.known.set('chat-0', { ...one, status: 'final', cards: [{ ...card, status: 'final', care: { score: 88.5, communicate: null, acknowledge: null, respond: 100, enrich: null } }] });
    await until(page, () => /89/.test(document.querySelector('.score')?.textContent ?? ''));
  }));

  test('where nothing comes any more it says so, and goes on when it does', () => withMock({ path: at('chat-0'), allows: /503/ }, async (page, server) => {
    await opened(page);
    server.refuse(503);
    await until(page, () => /No news for/.test(document.querySelector('#notice')?.textContent ?? ''));
    server.refuse(0);
    await until(page, () => /** @type {HTMLElement} */ (document.querySelector('#notice')).hidden);
  }));

  test('nothing that came over the wire is ever HTML', () => withMock({ scene: 'strange' }, async (page, server) => {
    await ready(page);
    for (const path of ['/', at('"><svg onload=window.pwned=1>'), `/?queue=${encodeURIComponent('<img src=x onerror=window.pwned=1>')}`]) {
      await page.goto(server.url + path);
      await page.waitForSelector('body:not([data-state="loading"]):not([data-source="loading"])');
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).pwned), undefined);
      assert.equal(await page.locator('img, main script, svg[onload]').count(), 0);
    }
  }));

  test('scripts and styles stand in files: the policy of the server refuses all others', () => withMock({ scene: 'busy' }, async (page) => {
    await ready(page);
    const inline = await page.evaluate(async () => {
      const source = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
      return source.querySelectorAll('style, script:not([src]), [style], [onload], [onclick], [onerror]').length;
    });
    assert.equal(inline, 0);
  }));
});
