// A server that tells the board what a test wants it to tell, by docs/wallboard-api.md, with the security headers of the real one.
// By hand: node tests/web/mock.mjs [SCENE [PORT]]

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { interactions } from './conversations.mjs';
import { scenes } from './scenes.mjs';

const WALLBOARD = new URL('../../engine/web/wallboard/', import.meta.url);
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
const HEADERS = {
  'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/**
 * @param {{scene?: string, port?: number, chart?: boolean, ticks?: boolean}} [settings] chart: as if built with Node
 */
export async function mock({ scene = 'busy', port = 0, chart = true, ticks = true } = {}) {
  const began = Date.now();
  let offset = 0;
  const now = () => Date.now() + offset;
  let board = scenes[scene](now());
  /** @type {Map<string, any>} */
  const known = interactions(began);
  /** @type {Set<import('node:http').ServerResponse>} */
  const streams = new Set();
  let id = 0;
  let told = 0;
  let refuses = 0;
  let ticking = ticks;

  const send = (/** @type {import('node:http').ServerResponse} */ to, /** @type {string} */ event, /** @type {any} */ data) => {
    told = Date.now();
    to.write(`${event === 'tick' ? '' : `id: ${++id}\n`}event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  };
  const json = (/** @type {import('node:http').ServerResponse} */ to, /** @type {number} */ status, /** @type {any} */ body) => {
    to.writeHead(status, { ...HEADERS, 'Content-Type': 'application/json' });
    to.end(JSON.stringify(body));
  };
  const whole = (/** @type {string | null} */ queue) => ({ ...board, queue, clock: { ...board.clock, now: new Date(now()).toISOString() } });

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    const path = url.pathname;
    if (refuses && path.startsWith('/api/')) return json(response, refuses, { error: 'too many clients', status: refuses });
    if (path === '/api/board') return json(response, 200, whole(url.searchParams.get('queue')));
    if (path.startsWith('/api/interactions/')) {
      const found = known.get(decodeURIComponent(path.slice('/api/interactions/'.length)));
      return found ? json(response, 200, { ...found, clock: { now: new Date(now()).toISOString(), rate: 1 } }) : json(response, 404, { error: 'no such interaction', status: 404 });
    }
    if (path === '/api/stream') {
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
      response.write('retry: 300\n');
      send(response, 'snapshot', whole(url.searchParams.get('queue')));
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return undefined;
    }
    return file(path, response, chart);
  });
  const timer = setInterval(() => {
    if (ticking) for (const stream of streams) send(stream, 'tick', { now: new Date(now()).toISOString() });
  }, 1000);
  await new Promise((resolve) => { server.listen(port, '127.0.0.1', () => resolve(null)); });
  const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    now,
    began,
    board: () => board,
    known,
    streams: () => streams.size,
    /** When something was told for the last time, epoch ms. */
    told: () => told,
    /** Tells everybody sections that are different now. @param {any} sections */
    delta(sections) {
      board = { ...board, ...sections };
      for (const stream of streams) send(stream, 'delta', sections);
    },
    /** Something that is no delta at all. @param {string} event @param {string} text */
    raw(event, text) {
      for (const stream of streams) send(stream, event, text);
    },
    /** Another scene; who is connected sees it as a new snapshot. @param {string} name @param {number} [at] what time it is there, epoch ms */
    scene(name, at) {
      if (at !== undefined) offset = at - Date.now();
      board = scenes[name](now());
      for (const stream of streams) send(stream, 'snapshot', whole(null));
    },
    /** Connections stay, and nothing comes any more: the worst way to be lost. */
    mute() { ticking = false; },
    unmute() { ticking = true; },
    /** Answers everything under /api with this status from now on; 0: no more. @param {number} status */
    refuse(status) {
      refuses = status;
      if (status) for (const stream of streams) stream.destroy();
    },
    async close() {
      clearInterval(timer);
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

/** @param {string} path @param {import('node:http').ServerResponse} response @param {boolean} chart */
async function file(path, response, chart) {
  const named = { '/': 'index.html', '/interaction': 'interaction.html', '/uplot.js': chart && 'dist/uplot.js', '/uplot.css': chart && 'dist/uplot.css' }[path] ?? path.slice(1);
  const ending = String(named).split('.').pop() ?? '';
  try {
    if (!named || String(named).includes('..') || !(ending in TYPES)) throw new Error('no such file');
    const body = await readFile(new URL(String(named), WALLBOARD));
    response.writeHead(200, { ...HEADERS, 'Content-Type': TYPES[/** @type {keyof typeof TYPES} */ (ending)] });
    response.end(body);
  } catch {
    response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain' });
    response.end('not found\n');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await mock({ scene: process.argv[2], port: Number(process.argv[3] ?? 8737) });
  console.log(url);
}
