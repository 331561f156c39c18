/**
 * A note beside what is pointed at or has the focus, inside of the window wherever that is. It repeats in sight what its
 * element says to a screen reader.
 */
import { h, setText } from './dom';

/** Pixels between the note and the pointer, and between the note and the edges of the window. */
const GAP = 14;
const MARGIN = 8;

const note = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
addEventListener('scroll', hide, { capture: true, passive: true });
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hide();
});

/** Shows a text while an element is pointed at, or has the focus by a key. */
export function explain(element: Element, text: string): void {
  element.addEventListener('pointermove', (event) => {
    if (event instanceof PointerEvent) show(text, event.clientX, event.clientY);
  });
  element.addEventListener('pointerleave', hide);
  element.addEventListener('focus', () => {
    // The focus may have scrolled the page, which hides the note before the next frame.
    requestAnimationFrame(() => {
      if (!element.matches(':focus-visible')) return;
      const { left, right, top } = element.getBoundingClientRect();
      show(text, (left + right) / 2, Math.max(top, 0));
    });
  });
  element.addEventListener('blur', hide);
}

function show(text: string, x: number, y: number): void {
  if (!note.isConnected) document.body.append(note);
  setText(note, text);
  note.hidden = false;
  const { width, height } = note.getBoundingClientRect();
  const [right, bottom] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
  const left = x + GAP + width <= right - MARGIN ? x + GAP : x - GAP - width;
  const top = y + GAP + height <= bottom - MARGIN ? y + GAP : y - GAP - height;
  note.style.left = `${Math.max(MARGIN, Math.min(left, right - MARGIN - width))}px`;
  note.style.top = `${Math.max(MARGIN, Math.min(top, bottom - MARGIN - height))}px`;
}

function hide(): void {
  note.hidden = true;
}
