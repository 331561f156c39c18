/** Export and Copy: the host asks for form and place, and asks here for what only a page can draw. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import { EXPORT_METHODS, pictureParamsSchema, type Picture } from '../../src/protocol/calibration-export';
import { button, setWaiting } from '../button';
import { h } from '../dom';
import { asPng, asSvg } from './picture';
import { WAITS } from './words';

export interface ExportControls {
  /** To be shown where there are complete numbers. */
  readonly element: HTMLElement;
  /** @param isBusy numbers are being computed */
  draw(isBusy: boolean): void;
}

/**
 * To be called before the connection listens.
 *
 * @param part the part of the breakdown that the main diagram is of; null for all rows
 */
export function exportControls(connection: MessageConnection, part: () => string | null): ExportControls {
  connection.onRequest(EXPORT_METHODS.picture, (params: unknown) => {
    const { id, format } = pictureParamsSchema.parse(params);
    const shown = pictures().find((picture) => picture.getAttribute('data-picture') === id);
    if (shown === undefined) return null;
    return format === 'svg' ? asSvg(shown) : asPng(shown);
  });
  const notify = (method: string, params: object): void => {
    connection.sendNotification(method, params).catch((error: unknown) => console.error(error));
  };
  const buttons = [
    button('Export…', { key: 'export', secondary: true }, () =>
      notify(EXPORT_METHODS.export, { pictures: pictures().map(named), part: part() }),
    ),
    button('Copy…', { key: 'copy', secondary: true }, () => notify(EXPORT_METHODS.copy, { part: part() })),
  ];
  return {
    element: h('div', { class: 'buttons' }, ...buttons),
    draw: (isBusy) => {
      for (const element of buttons) setWaiting(element, isBusy ? WAITS : null);
    },
  };
}

/** Every SVG of the page that says by `data-picture` that it can stand alone; its title names it. */
function pictures(): SVGSVGElement[] {
  return [...document.querySelectorAll<SVGSVGElement>('svg[data-picture]')].filter(
    (picture) => picture.getClientRects().length > 0,
  );
}

function named(picture: SVGSVGElement): Picture {
  return {
    id: picture.getAttribute('data-picture') ?? '',
    title: picture.querySelector('title')?.textContent ?? '',
  };
}
