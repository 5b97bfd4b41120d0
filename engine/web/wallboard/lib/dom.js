// Building what is seen. Texts only ever become text nodes: nothing that came over the wire is parsed as HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element with attributes and children. `class`, `data-…` and all others are attributes; functions under `on…` listen; null and false are left out.
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flat().flatMap((child) => (child === null || child === undefined || child === false ? [] : [typeof child === 'number' ? String(child) : child]));
}

/** The element with this id; the page has it, or is broken. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** Sets a text where it differs, so that nothing is laid out anew for nothing. @param {Element} element @param {string | number} text */
export function setText(element, text) {
  if (element.textContent !== String(text)) element.textContent = String(text);
}

/** Replaces children. @param {Element} element @param {...(Child | Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** What stands behind a list's items: the node of a key, and what it was drawn from. @type {WeakMap<Element, Map<string, {node: Element, from: string}>>} */
const drawn = new WeakMap();

/**
 * Makes a list show these items and no others. An item that is the same stays the same node: focus, selection and a pointer on it survive. What is new
 * arrives softly, but not when the list is drawn for the first time.
 * @template T
 * @param {Element} list
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} draw
 */
export function keyed(list, items, key, draw) {
  const before = drawn.get(list);
  const after = new Map();
  let place = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    if (after.has(name)) continue;
    const from = JSON.stringify(item);
    const known = before?.get(name);
    let node = known?.node;
    if (!node || known?.from !== from) {
      const fresh = draw(item);
      if (!node && before) fresh.classList.add('arrives');
      if (node) {
        const focused = node.contains(document.activeElement);
        if (node === place) place = node.nextElementSibling;
        node.remove();
        if (focused) queueMicrotask(() => /** @type {HTMLElement | null} */ (fresh.querySelector('a, button'))?.focus());
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
    after.set(name, { node, from });
  }
  // what is behind the last one is of before, or was there when the page came
  while (place) {
    const next = place.nextElementSibling;
    place.remove();
    place = next;
  }
  drawn.set(list, after);
}
