/** Export and Copy: the host asks the person for the form and the place, and this page for its pictures. */
import type { Picture, PictureParams } from '../../src/protocol/calibration-export';
import { button, setWaiting } from '../button';
import { h } from '../dom';
import type { Page, Section } from './page';
import { shownPart } from './parts';
import { asPng, asSvg } from './picture';
import { WAITS } from './words';

/** Shown when the numbers are complete. */
export function exportSection(page: Page): Section {
  // The part of the breakdown that the main diagram is of; null for all rows.
  const part = (): string | null => {
    const { shown } = page;
    return (shown && shownPart(shown.state, shown.view.part)?.name) ?? null;
  };
  const others = [
    button('Compare With…', { key: 'compare-with', secondary: true }, () => page.host.compareWith()),
    button('Try Another…', { key: 'try-another', secondary: true }, () => page.host.tryAnother()),
    button('Fine-Tune…', { key: 'fine-tune', secondary: true }, () => page.host.fineTune()),
  ];
  const buttons = [
    button('Export…', { key: 'export', secondary: true }, () =>
      page.host.export({ pictures: namedPictures(), part: part() }),
    ),
    button('Copy…', { key: 'copy', secondary: true }, () => page.host.copy({ part: part() })),
  ];
  const element = h('div', { class: 'buttons' }, ...buttons, ...others);
  return {
    element,
    dependsOn: ({ state: { analysis, busy, error } }) => [
      analysis?.preliminary,
      busy === null,
      error === null,
    ],
    draw: ({ state: { analysis, busy, error } }) => {
      element.hidden = analysis === null || analysis.preliminary || error !== null;
      for (const waiting of buttons) setWaiting(waiting, busy === null ? null : WAITS);
    },
  };
}

/** Null if the page no longer shows it. */
export function drawPicture({ id, format }: PictureParams): string | null | Promise<string> {
  const shown = pictures().find((picture) => picture.getAttribute('data-picture') === id);
  if (shown === undefined) return null;
  return format === 'svg' ? asSvg(shown) : asPng(shown);
}

/** Every SVG of the page that can be exported: it has `data-picture`. Its title names it. */
function pictures(): SVGSVGElement[] {
  return [...document.querySelectorAll<SVGSVGElement>('svg[data-picture]')].filter(
    (picture) => picture.getClientRects().length > 0,
  );
}

/** Their ids and titles. */
export function namedPictures(): Picture[] {
  return pictures().map((picture) => ({
    id: picture.getAttribute('data-picture') ?? '',
    title: picture.querySelector('title')?.textContent ?? '',
  }));
}
