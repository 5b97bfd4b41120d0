// Figures that grow by themselves. They carry the time from which they count in data-since (or to which, in data-until); nothing else needs to know of them.

import * as format from './format.js';
import { setText } from './dom.js';

/** @type {Record<string, (seconds: number) => string>} */
const WORDS = {
  wait: format.wait,
  ago: (seconds) => (seconds < 60 ? 'just now' : `${format.about(seconds)} ago`),
  due: (seconds) => (seconds < 0 ? `due in ${format.about(seconds)}` : `due since ${format.about(seconds)}`),
};

/**
 * Attributes of an element that shows a span from a time on.
 * @param {string | null} since
 * @param {'wait' | 'ago' | 'due'} as
 */
export const since = (since, as) => ({ 'data-since': since, 'data-as': as });

/** @param {ParentNode} root @param {number} now epoch ms */
export function tick(root, now) {
  for (const element of root.querySelectorAll('[data-since]')) {
    const { since, as } = /** @type {HTMLElement} */ (element).dataset;
    const seconds = (now - Date.parse(since ?? '')) / 1000;
    setText(element, Number.isNaN(seconds) ? '–' : WORDS[as ?? 'wait'](as === 'due' ? seconds : Math.max(0, seconds)));
  }
}
