/**
 * A note beside what is pointed at or has the focus, inside of the window wherever that is. It repeats in sight what its
 * element says to a screen reader.
 */
import { h, setText } from './dom';

/** Pixels between the note and the pointer, and between the note and the edges of the window. */
const GAP = 14;
const MARGIN = 8;

const note = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
/** What the note is about, and where the pointer is, if it is shown for the pointer. */
let about: { readonly element: Element; readonly pointer?: readonly [x: number, y: number] } | undefined;
// The focus or a script may scroll the page, at once or a moment later: the note goes with its element, and goes away
// where the pointer is no longer on it.
addEventListener(
  'scroll',
  () => {
    if (about === undefined) return;
    const { element, pointer } = about;
    const isThere =
      pointer === undefined ? element.isConnected : element.contains(document.elementFromPoint(...pointer));
    if (isThere) showFor(element, pointer);
    else hide();
  },
  { capture: true, passive: true },
);
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hide();
});

/** Shows a text while an element is pointed at, or has the focus by a key. */
export function explain(element: Element, text: string): void {
  element.addEventListener('pointermove', (event) => {
    if (!(event instanceof PointerEvent)) return;
    setText(note, text);
    showFor(element, [event.clientX, event.clientY]);
  });
  element.addEventListener('pointerleave', hide);
  element.addEventListener('focus', () => {
    if (!element.matches(':focus-visible')) return;
    setText(note, text);
    showFor(element);
  });
  element.addEventListener('blur', hide);
}

function showFor(element: Element, pointer?: readonly [x: number, y: number]): void {
  about = pointer === undefined ? { element } : { element, pointer };
  if (pointer !== undefined) {
    place(...pointer);
    return;
  }
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
  about = undefined;
  note.hidden = true;
}
