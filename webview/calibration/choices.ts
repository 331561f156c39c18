/** Small controls with the editor's own form elements underneath: a list and a group of radio buttons. */
import { h } from '../dom';

export function select<T extends number | string>(
  label: string,
  key: string,
  options: readonly { readonly value: T; readonly text: string }[],
  chosen: T,
  onChange: (value: T) => void,
): HTMLElement {
  const id = `select-${key}`;
  const element = h(
    'select',
    { id, 'data-key': key },
    ...options.map(({ value, text }) =>
      h('option', { value: String(value), selected: value === chosen }, text),
    ),
  );
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
