// Puts the chart library where the binary's build picks it up: dist/uplot.js (a module) and dist/uplot.css, with its licence.
// Everything else of the wallboard is served as it is written.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

const library = new URL('node_modules/uplot/', import.meta.url);
const dist = new URL('dist/', import.meta.url);

const [licence, script, style] = await Promise.all(
  ['LICENSE', 'dist/uPlot.iife.min.js', 'dist/uPlot.min.css'].map((name) => readFile(new URL(name, library), 'utf8')),
);
const notice = `/*! uPlot\n${licence.trim()}\n*/\n`;
await mkdir(dist, { recursive: true });
await writeFile(new URL('uplot.js', dist), `${notice}${script.trim()}\nexport default uPlot;\n`);
await writeFile(new URL('uplot.css', dist), notice + style);
