/** What the shapes of a diagram mean. */
import { type Axes, number } from '../../src/core/words/calibration';
import { CURVE_ROWS, type Diagram } from '../../src/protocol/calibration-page';
import { h, svg } from '../dom';
import type { Band } from './diagram';

export function legend({ dots, curve }: Diagram, band: Band, axes: Axes, withCurve: boolean): HTMLElement {
  const sampled =
    dots.total > dots.confidence.length
      ? `single predictions: ${dots.confidence.length.toLocaleString('en-US')} of ${dots.total.toLocaleString('en-US')}, sampled`
      : 'single predictions';
  return h(
    'ul',
    { class: 'legend' },
    item(
      svg('circle', { class: 'bin-point', cx: 8, cy: 8, r: 4.5 }),
      band === 'consistency'
        ? 'bin average, within the expected range'
        : `bin average whose interval contains its mean ${axes.acrossWords}`,
    ),
    item(
      svg('path', { class: 'bin-point beyond', d: 'M8 2l6 6l-6 6l-6 -6Z' }),
      band === 'consistency'
        ? 'outside the expected range (about 1 bin in 20 is, by chance)'
        : 'bin average whose interval does not contain it',
    ),
    item(
      svg(
        'g',
        {},
        svg('circle', { class: 'bin-point', cx: 4, cy: 8, r: 2.5 }),
        svg('circle', { class: 'bin-point', cx: 11, cy: 8, r: 4.5 }),
      ),
      'size = rows of the bin; the number beside it counts them',
    ),
    band === 'consistency'
      ? item(
          svg('rect', { class: 'consistency', x: 4, y: 1, width: 8, height: 14, rx: 2 }),
          'expected range: where 95 of 100 calibrated models would be',
        )
      : item(
          svg('path', { class: 'wilson', d: 'M8 1V15M4 1h8M4 15h8' }),
          `95% interval of the ${axes.upWords} (Wilson)`,
        ),
    ...(curve === null || !withCurve
      ? []
      : [
          item(
            svg('path', { class: 'curve', d: 'M1 13C6 12 8 4 15 3' }),
            `smooth ${axes.upWords}, kernel σ ${number(curve.sigma)}, drawn where at least ${CURVE_ROWS} rows are near`,
          ),
        ]),
    item(svg('path', { class: 'diagonal', d: 'M1 15L15 1' }), `${axes.acrossWords} = ${axes.upWords}`),
    item(svg('path', { class: 'dots dots-right', d: 'M4 5h0M9 10h0M12 4h0' }), sampled),
  );
}

/** A line of a legend. */
export function item(shape: SVGElement, words: string): HTMLElement {
  return h('li', {}, svg('svg', { class: 'key', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, shape), words);
}
