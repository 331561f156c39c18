/** Fields for text and numbers, with what is wrong with their content said beneath them. */
import { h } from '../dom';

export interface FieldOptions {
  /** Shown before the field; the field alone where it is told by `name`. */
  readonly label?: string;
  /** What the field is called aloud where no label is shown. */
  readonly name?: string;
  /** Unique in the page. */
  readonly key: string;
  readonly value: string;
  readonly isNumber?: boolean;
  /** What is wrong with the value; undefined for nothing. */
  readonly problem?: string | undefined;
}

export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Says what is wrong, or takes it back. */
  readonly complain: (problem: string | undefined) => void;
}

export function field({ label, name, key, value, isNumber, problem }: FieldOptions): Field {
  const id = `field-${key}`;
  const input = h('input', {
    id,
    class: isNumber === true ? 'field number' : 'field',
    type: 'text',
    inputmode: isNumber === true ? 'decimal' : undefined,
    autocomplete: 'off',
    spellcheck: 'false',
    'data-key': key,
    'aria-label': name,
    value,
  });
  const words = h('p', { class: 'field-problem', id: `${id}-problem` });
  const complain = (sentence: string | undefined): void => {
    words.textContent = sentence ?? '';
    words.hidden = sentence === undefined;
    if (sentence === undefined) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-describedby');
      return;
    }
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', words.id);
  };
  complain(problem);
  return {
    element: h(
      'div',
      { class: 'choice' },
      label === undefined ? undefined : h('label', { for: id }, label),
      input,
      words,
    ),
    input,
    complain,
  };
}

/** A field for a number: what is no number in its range is not passed on, and said. */
export function numberField(
  options: Omit<FieldOptions, 'value' | 'isNumber'> & {
    readonly value: number;
    /** What is wrong with a number; undefined for nothing. */
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

/** NaN where the text is no number; a decimal comma counts as a point. */
export function parseNumber(text: string): number {
  const plain = text.trim().replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}
