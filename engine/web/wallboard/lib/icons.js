// Shapes that stand beside colours. Each is told from the others without colour, from five metres.

/** @type {Record<string, [string, ('solid' | '')?][]>} */
const PATHS = {
  // somebody is left alone: a full triangle
  harm: [['M12 3.5 22 20.5H2z', 'solid']],
  // nothing yet: an empty ring
  unmet: [['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z']],
  // words without a deed: a ring, half of it full
  half: [['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z'], ['M12 3a9 9 0 0 0 0 18z', 'solid']],
  // met: a tick
  good: [['m4 12.5 5.5 5.5L20 6.5']],
  against: [['m5.5 5.5 13 13m0-13-13 13']],
  ask: [['M4 4.5h16v11.5H11l-5 4v-4H4z']],
  praise: [['M12 20.5C6 16.3 3 13 3 9.3a4.6 4.6 0 0 1 9-1.3 4.6 4.6 0 0 1 9 1.3c0 3.7-3 7-9 11.2z', 'solid']],
  care: [['m12 3 2.7 6 6.3.7-4.7 4.3 1.3 6.5L12 17.2 6.4 20.5l1.3-6.5L3 9.7 9.3 9z', 'solid']],
  above: [['M12 4 20 18H4z', 'solid']],
  below: [['M12 20 4 6h16z', 'solid']],
  near: [['m12 3.5 8.5 8.5-8.5 8.5L3.5 12z', 'solid']],
  live: [['M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z', 'solid']],
  lost: [['M12 3.5 22 20.5H2z'], ['M12 10v4.5m0 2.8v.1']],
  starting: [['M12 3a9 9 0 1 0 9 9'], ['M12 7v5l3 2']],
  stalled: [['M8 5v14m8-14v14']],
  ended: [['M6 6h12v12H6z', 'solid']],
  clock: [['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z'], ['M12 7.5v5l3.5 2']],
  broken: [['M10 7 8.5 5.5a4 4 0 0 0-5.5 5.5L6 14m8 3 1.5 1.5a4 4 0 0 0 5.5-5.5L18 10M3.5 20.5l2.5-2.5m12-12 2.5-2.5']],
  promise: [['M9.5 14.5 14.5 9.5M11 6.5 13 4.5a4.5 4.5 0 0 1 6.5 6.5l-2 2M13 17.5 11 19.5a4.5 4.5 0 0 1-6.5-6.5l2-2']],
  letters: [['M3 8h14v11H3z'], ['m3 8.5 7 5.5 7-5.5M7 5h14v10.5']],
  skipped: [['M5 12h14']],
};

/**
 * A shape, of the size and colour of the text beside it. Words say the same, so it is hidden from readers.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const [d, kind] of PATHS[name] ?? []) {
    const path = document.createElementNS(svg.namespaceURI, 'path');
    path.setAttribute('d', d);
    if (kind) path.setAttribute('class', kind);
    svg.append(path);
  }
  return /** @type {SVGElement} */ (svg);
}
