/** A button that looks like those of the editor. */
import { setText } from './dom';
import '@vscode-elements/elements/dist/vscode-button/index.js';

export interface ButtonOptions {
  readonly secondary?: boolean;
  /** Names the button, so that it keeps the focus when the page is drawn again. */
  readonly key: string;
  /** Why the button does nothing now; null if it works. */
  readonly waits?: string | null;
}

export function button(text: string, options: ButtonOptions, onClick: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  if (options.secondary === true) element.setAttribute('secondary', '');
  element.setAttribute('data-key', options.key);
  // It sets this itself, but only when it is drawn, and until then it cannot take the focus back.
  element.setAttribute('tabindex', '0');
  setText(element, text);
  setWaiting(element, options.waits ?? null);
  element.addEventListener('click', () => {
    if (element.getAttribute('aria-disabled') !== 'true') onClick();
  });
  return element;
}

/** Makes a button wait, with the reason, or work again. It keeps the focus meanwhile. */
export function setWaiting(element: HTMLElement, why: string | null): void {
  if (why === null) for (const name of ['aria-disabled', 'title']) element.removeAttribute(name);
  else
    for (const [name, value] of [
      ['aria-disabled', 'true'],
      ['title', why],
    ] as const)
      element.setAttribute(name, value);
}
