/** The line that shows the work in progress, with a Cancel button. */
import { button } from './button';
import { h, replaceContent } from './dom';

/**
 * Draws the line. While it is shown only the words change, so the bar keeps moving and Cancel keeps the focus.
 *
 * @param words null if nothing is in progress
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
  else replaceContent(line.querySelector('p') ?? line, words);
}
