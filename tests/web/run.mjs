// Runs one file of tests in the browser, or says why it can not: exit 77 is "skipped" to ctest.
//   run.mjs FILE        the tests of a file
//   run.mjs --modules   fetches what they and the chart need, once

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const WALLBOARD = here('../../engine/web/wallboard/');

/** @param {string} why @returns {never} */
function skip(why) {
  console.log(`skipped: the wallboard in a browser: ${why}`);
  process.exit(SKIPPED);
}

/** Whether npm has been there since the lock was changed. @param {string} folder */
function isFetched(folder) {
  const proof = `${folder}node_modules/.package-lock.json`;
  return existsSync(proof) && statSync(proof).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs;
}

/** @param {string} folder */
function fetchModules(folder) {
  if (isFetched(folder)) return;
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=20000'], { cwd: folder, encoding: 'utf8' });
  if (npm.status !== 0) skip(`npm ci in ${folder} did not work: ${npm.error?.message ?? npm.stderr.trim().split('\n').pop()}`);
}

const [what] = process.argv.slice(2);
if (!existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium')) skip('there is no chromium (script/bootstrap test)');
if (what === '--modules') {
  fetchModules(here('./'));
  fetchModules(WALLBOARD);
  if (!existsSync(`${WALLBOARD}dist/uplot.js`)) process.exit(spawnSync('npm', ['run', 'build'], { cwd: WALLBOARD, stdio: 'inherit' }).status ?? 1);
  process.exit(0);
}
if (!existsSync(here('node_modules/playwright-core'))) skip('its modules are not here (run.mjs --modules)');
process.exit(spawnSync(process.execPath, ['--test', '--test-reporter=spec', here(what)], { stdio: 'inherit' }).status ?? 1);
