/** The editor's own look of a button. */
import '@vscode-elements/elements/dist/vscode-button/index.js';

export interface ButtonOptions {
  readonly secondary?: boolean;
  /** Names the button, so that it keeps the focus when the page is drawn anew. */
  readonly key: string;
}

export function button(text: string, options: ButtonOptions, onClick: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  if (options.secondary === true) element.setAttribute('secondary', '');
  element.setAttribute('data-key', options.key);
  // It sets this itself, but only when it is drawn, and until then it cannot take the focus back.
  element.setAttribute('tabindex', '0');
  element.textContent = text;
  element.addEventListener('click', onClick);
  return element;
}
