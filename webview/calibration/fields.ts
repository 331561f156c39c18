/** Fields for text and numbers that look like those of the editor. The problem of a value is shown below its field. */
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { h, setText } from '../dom';

export interface FieldOptions {
  /** Shown before the field; without it `name` is read aloud. */
  readonly label?: string;
  /** Read aloud as the name of the field if it has no label. */
  readonly name?: string;
  /** Unique in the page. */
  readonly key: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly isNumber?: boolean;
  /** The problem of the value; undefined for none. */
  readonly problem?: string | undefined;
}

export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Shows a problem, or removes it. */
  readonly complain: (problem: string | undefined) => void;
}

/** In a form, Enter submits it. */
export function field({ label, name, key, value, placeholder, isNumber, problem }: FieldOptions): Field {
  const id = `field-${key}`;
  const widget = h('vscode-textfield', {
    id,
    class: isNumber === true ? 'number' : undefined,
    autocomplete: 'off',
    spellcheck: 'false',
    'data-key': key,
    value,
    placeholder,
  });
  // Neither a label nor a description from outside reaches the input inside: it gets the words themselves.
  widget.label = name ?? label ?? '';
  // Drawn now: by itself it waits, and until then it has no input and cannot take the focus.
  // eslint-disable-next-line @typescript-eslint/dot-notation -- protected, and documented for this
  widget['performUpdate']();
  const input = widget.wrappedElement;
  if (isNumber === true) input.inputMode = 'decimal';
  const words = h('p', { class: 'field-problem' });
  const complain = (sentence: string | undefined): void => {
    setText(words, sentence ?? '');
    words.hidden = sentence === undefined;
    widget.invalid = sentence !== undefined;
    input.ariaInvalid = sentence === undefined ? null : 'true';
    input.ariaDescription = sentence ?? null;
  };
  complain(problem);
  return {
    element: h(
      'div',
      { class: 'choice' },
      label === undefined ? undefined : h('label', { for: id }, label),
      widget,
      words,
    ),
    input,
    complain,
  };
}

/** A field for a number. A value that fails the check is not passed on, and its problem is shown. */
export function numberField(
  options: Omit<FieldOptions, 'value' | 'isNumber'> & {
    readonly value: number;
    /** The problem of a number; undefined for none. */
    readonly check: (value: number) => string | undefined;
    readonly onChange: (value: number) => void;
  },
): HTMLElement {
  const { element, input, complain } = field({ ...options, value: String(options.value), isNumber: true });
  input.addEventListener('change', () => {
    const value = parseNumber(input.value);
    const problem = options.check(value);
    complain(problem);
    if (problem === undefined) options.onChange(value);
  });
  return element;
}

/** NaN if the text is not a number. A decimal comma counts as a point. */
export function parseNumber(text: string): number {
  const plain = text.trim().replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}
