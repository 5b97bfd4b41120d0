// Runs one file of tests in the browser, or says why it can not: exit 77 is "skipped" to ctest.
//   run.mjs FILE        the tests of a file
//   run.mjs --modules   fetches what they and the chart need, once

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const WALLBOARD = here('../../engine/web/wallboard/');

/** @param {string} why @returns {never} */
function skip(why) {
  console.log(`skipped: the wallboard in a browser: ${why}`);
  process.exit(SKIPPED);
}

/** @param {string} folder @param {string} proof what is there afterwards */
function fetchModules(folder, proof) {
  if (existsSync(folder + proof)) return;
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
  if (npm.status !== 0) skip(`npm ci in ${folder} did not work: ${npm.error?.message ?? npm.stderr.trim().split('\n').pop()}`);
}

const [what] = process.argv.slice(2);
if (!existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium')) skip('there is no chromium (script/bootstrap test)');
if (what === '--modules') {
  fetchModules(here('./'), 'node_modules/.package-lock.json');
  fetchModules(WALLBOARD, 'node_modules/.package-lock.json');
  if (!existsSync(`${WALLBOARD}dist/uplot.js`)) process.exit(spawnSync('npm', ['run', 'build'], { cwd: WALLBOARD, stdio: 'inherit' }).status ?? 1);
  process.exit(0);
}
if (!existsSync(here('node_modules/playwright-core'))) skip('its modules are not here (run.mjs --modules)');
process.exit(spawnSync(process.execPath, ['--test', '--test-reporter=spec', here(what)], { stdio: 'inherit' }).status ?? 1);
