/** The line that says what is being done, with a way to stop it. */
import { button } from './button';
import { h } from './dom';

/**
 * Only the words change while it is there: the bar keeps moving, and Cancel keeps the focus.
 *
 * @param words null for nothing
 */
export function drawBusy(line: HTMLElement, words: string | null, cancel: () => void): void {
  line.hidden = words === null;
  if (words === null) line.replaceChildren();
  else if (line.firstChild === null)
    line.append(
      h('div', { class: 'busy-bar', 'aria-hidden': 'true' }),
      h(
        'div',
        { class: 'busy-words' },
        h('p', {}, words),
        button('Cancel', { key: 'cancel', secondary: true }, cancel),
      ),
    );
  else line.querySelector('p')?.replaceChildren(words);
}
