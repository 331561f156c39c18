/** Export and Copy: the host asks for form and place, and asks here for what only a page can draw. */
import type { MessageConnection } from 'vscode-jsonrpc/browser';
import { EXPORT_METHODS, pictureParamsSchema, type Picture } from '../../src/protocol/calibration-export';
import { button } from '../button';
import { h } from '../dom';
import { asPng, asSvg } from './picture';

/** Buttons to be shown where there are complete numbers. To be called before the connection listens. */
export function exportControls(connection: MessageConnection): HTMLElement {
  connection.onRequest(EXPORT_METHODS.picture, (params: unknown) => {
    const { id, format } = pictureParamsSchema.parse(params);
    const shown = pictures().find((picture) => picture.getAttribute('data-picture') === id);
    if (shown === undefined) return null;
    return format === 'svg' ? asSvg(shown) : asPng(shown);
  });
  const notify = (method: string, params?: object): void => {
    connection.sendNotification(method, params).catch((error: unknown) => console.error(error));
  };
  return h(
    'div',
    { class: 'buttons' },
    button('Export…', { key: 'export', secondary: true }, () =>
      notify(EXPORT_METHODS.export, { pictures: pictures().map(named) }),
    ),
    button('Copy…', { key: 'copy', secondary: true }, () => notify(EXPORT_METHODS.copy)),
  );
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
