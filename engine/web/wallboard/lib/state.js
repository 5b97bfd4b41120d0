// What the board knows: the last snapshot, and the sections that came after it.

/** @import { Board } from '../types.js' */

/** Sections of a snapshot that deltas never bring are drawn with it as well. */
const SECTIONS = /** @type {const} */ (['settings', 'source', 'concerns', 'care', 'queues', 'moments', 'promises', 'letters']);

export function makeState() {
  /** @type {Board | null} */
  let board = null;
  return {
    board: () => board,
    /** @param {Board} whole @returns {string[]} the sections to draw */
    snapshot(whole) {
      board = whole;
      return [...SECTIONS];
    },
    /** Sections replace what was there, each whole; unknown ones are of a newer version and do no harm. @param {Partial<Board>} sections @returns {string[]} */
    delta(sections) {
      if (!board) return [];
      board = { ...board, ...sections };
      return SECTIONS.filter((section) => section in sections);
    },
  };
}
