/**
 * Small controls made of the browser's own elements: a list, a group of radio buttons, a checkbox. Those of
 * @vscode-elements/elements 2.5.1 fail people who use a keyboard or a screen reader. Its list has no groups, and
 * neither typing nor Home and End find an option. Its radio buttons are announced as checkboxes, and arrow keys choose
 * one without a change event. Its checkbox ignores a press by a screen reader, which goes to the input inside.
 */
import { h } from '../dom';

export interface SelectOption<T> {
  readonly value: T;
  readonly text: string;
  /** Heading of the option's group. */
  readonly group?: string;
}

export function select<T extends number | string>(
  label: string,
  key: string,
  options: readonly SelectOption<T>[],
  chosen: T,
  onChange: (value: T) => void,
): HTMLElement {
  const id = `select-${key}`;
  const groups = new Map<string, HTMLElement>();
  const element = h('select', { id, 'data-key': key });
  for (const { value, text, group } of options) {
    const option = h('option', { value: String(value), selected: value === chosen }, text);
    if (group === undefined) element.append(option);
    else {
      const parent = groups.get(group) ?? h('optgroup', { label: group });
      groups.set(group, parent);
      parent.append(option);
      element.append(parent);
    }
  }
  element.addEventListener('change', () => {
    const found = options[element.selectedIndex];
    if (found !== undefined) onChange(found.value);
  });
  return h('div', { class: 'choice' }, h('label', { for: id }, label), element);
}

export function radios<T extends string>(
  legend: string,
  key: string,
  options: readonly { readonly value: T; readonly text: string }[],
  chosen: T,
  onChange: (value: T) => void,
): HTMLElement {
  return h(
    'fieldset',
    { class: 'choice' },
    h('legend', {}, legend),
    ...options.map(({ value, text }) => {
      const input = h('input', {
        type: 'radio',
        name: key,
        'data-key': `${key}-${value}`,
        checked: value === chosen,
      });
      input.addEventListener('change', () => onChange(value));
      return h('label', { class: 'radio' }, input, text);
    }),
  );
}

export function checkbox(
  label: string,
  key: string,
  checked: boolean,
  onChange: (value: boolean) => void,
): HTMLElement {
  const input = h('input', { type: 'checkbox', 'data-key': key, checked });
  input.addEventListener('change', () => onChange(input.checked));
  return h('label', { class: 'radio' }, input, label);
}
