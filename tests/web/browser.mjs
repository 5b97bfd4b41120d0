// Debian's Chromium, driven by Playwright, and pages in it that fail the test on anything that a page should not do.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { mock } from './mock.mjs';

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
after(() => browser.close());

export const WALL = { width: 1920, height: 1080 };
export const PHONE = { width: 390, height: 844 };

/** @typedef {Awaited<ReturnType<typeof mock>>} Mock */

/**
 * A page that looks at an address until `use` returns. Errors of scripts, and what the security policy refused, fail the test; `allows` names what may fail to load.
 * @param {string} address
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 * @param {{viewport?: {width: number, height: number}, colorScheme?: 'light' | 'dark', reducedMotion?: 'reduce' | 'no-preference', allows?: RegExp}} [settings]
 */
export async function look(address, use, { viewport = WALL, colorScheme = 'light', reducedMotion = 'no-preference', allows = /uplot/ } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion });
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === 'error' && !allows.test(text)) faults.push(text);
  });
  try {
    await page.goto(address);
    await use(page);
  } finally {
    await context.close();
  }
  assert.deepEqual(faults, [], 'the page complained');
}

/**
 * The same with a server of its own.
 * @param {Parameters<typeof mock>[0] & {path?: string} & Parameters<typeof look>[2]} settings
 * @param {(page: import('playwright-core').Page, server: Mock) => Promise<void>} use
 */
export async function withMock({ scene, chart, ticks, path = '/', ...settings }, use) {
  const server = await mock({ scene, chart, ticks });
  try {
    await look(server.url + path, (page) => use(page, server), settings);
  } finally {
    await server.close();
  }
}

/**
 * Is "6:15" how long ago that was which lay so many seconds back when the server began? However slow the machine is.
 * @param {string | undefined} shown @param {Mock} server @param {number} seconds
 */
export function isAge(shown, server, seconds) {
  const [minutes, rest] = (shown ?? '').split(':').map(Number);
  const age = minutes * 60 + rest;
  return age >= seconds && age <= seconds + (Date.now() - server.began) / 1000 + 1;
}

/** Waits until a function of the page says true. @param {import('playwright-core').Page} page @param {(argument: any) => any} fact @param {any} [argument] @param {number} [timeout] */
export const until = (page, fact, argument, timeout = 5000) => page.waitForFunction(fact, argument, { timeout });

/** @param {import('playwright-core').Page} page @param {string} selector */
export const text = async (page, selector) => (await page.locator(selector).first().innerText()).trim();

/** A board that has its first figures. @param {import('playwright-core').Page} page */
export const ready = (page) => page.waitForSelector('body:not([data-source="loading"])');
