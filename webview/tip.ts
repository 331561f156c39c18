/**
 * A note beside what is pointed at or has the focus, inside of the window wherever that is. It repeats in sight what its
 * element says to a screen reader.
 */
import { h, setText } from './dom';

/** Pixels between the note and the pointer, and between the note and the edges of the window. */
const GAP = 14;
const MARGIN = 8;

const note = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
/** The element that the note is about because it has the focus. */
let focused: Element | undefined;
// The focus may scroll the page, at once or a moment later: the note goes with its element.
addEventListener('scroll', () => (focused?.isConnected === true ? showAt(focused) : hide()), {
  capture: true,
  passive: true,
});
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hide();
});

/** Shows a text while an element is pointed at, or has the focus by a key. */
export function explain(element: Element, text: string): void {
  element.addEventListener('pointermove', (event) => {
    if (!(event instanceof PointerEvent)) return;
    focused = undefined;
    setText(note, text);
    place(event.clientX, event.clientY);
  });
  element.addEventListener('pointerleave', hide);
  element.addEventListener('focus', () => {
    if (!element.matches(':focus-visible')) return;
    focused = element;
    setText(note, text);
    showAt(element);
  });
  element.addEventListener('blur', hide);
}

function showAt(element: Element): void {
  const { left, right, top } = element.getBoundingClientRect();
  place((left + right) / 2, Math.max(top, 0));
}

function place(x: number, y: number): void {
  if (!note.isConnected) document.body.append(note);
  note.hidden = false;
  const { width, height } = note.getBoundingClientRect();
  const [right, bottom] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
  const left = x + GAP + width <= right - MARGIN ? x + GAP : x - GAP - width;
  const top = y + GAP + height <= bottom - MARGIN ? y + GAP : y - GAP - height;
  note.style.left = `${Math.max(MARGIN, Math.min(left, right - MARGIN - width))}px`;
  note.style.top = `${Math.max(MARGIN, Math.min(top, bottom - MARGIN - height))}px`;
}

function hide(): void {
  focused = undefined;
  note.hidden = true;
}
