/**
 * Makes elements without HTML strings: text is always a text node, so nothing in it is interpreted. What is invisible in
 * it is shown by its code point, so that a name cannot disguise itself.
 */
import { pageText } from '../src/core/encode';

type Child = Node | string | undefined;

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an HTML element. Attributes that are undefined or false are left out; true is an empty one. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...shownChildren(children));
  return element;
}

/**
 * Makes an SVG element. Its geometry goes into attributes: inline styles are blocked by the content security policy.
 */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** A text in a drawing, at a place in its own units. */
export function svgText(
  text: string,
  at: { readonly x: number; readonly y: number },
  className: string,
  transform?: string,
): SVGElement {
  const element = svg('text', { class: className, ...at, transform });
  setText(element, text);
  return element;
}

/** Attributes that people read or hear. */
const SHOWN: ReadonlySet<string> = new Set(['alt', 'aria-label', 'placeholder', 'title']);

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    const text = value === true ? '' : String(value);
    element.setAttribute(name, SHOWN.has(name) ? pageText(text) : text);
  }
}

/** Replaces the content of an element by a text. */
export function setText(element: Element, text: string): void {
  element.textContent = pageText(text);
}

function shownChildren(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== undefined)
    .map((child) => (typeof child === 'string' ? pageText(child) : child));
}

/** Replaces the content of an element and returns the focus to the element with the same `data-key`. */
export function replaceContent(parent: Element, ...children: readonly Child[]): void {
  const focused = parent.contains(document.activeElement)
    ? (document.activeElement?.getAttribute('data-key') ?? null)
    : null;
  parent.replaceChildren(...shownChildren(children));
  if (focused === null) return;
  const again = parent.querySelector(`[data-key="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement || again instanceof SVGElement) again.focus();
}

/** A bar for a share from 0 to 1. It is not read aloud, because the number is beside it. */
export function bar(share: number, className: string): SVGSVGElement {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return svg(
    'svg',
    { class: `bar ${className}`, viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'bar-track', x: 0, y: 0, width: 100, height: 8 }),
    svg('rect', { class: 'bar-fill', x: 0, y: 0, width: width.toFixed(2), height: 8 }),
  );
}

/** A triangle with an exclamation mark: its shape, not its colour, shows a warning. */
export function warningIcon(): SVGSVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    svg('path', {
      d: 'M8 1.6 15 14.4H1L8 1.6Z',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 1.3,
      'stroke-linejoin': 'round',
    }),
    svg('path', { d: 'M8 6v4M8 11.4v1.4', stroke: 'currentColor', 'stroke-width': 1.4 }),
  );
}
