/** A reliability diagram with its legend and its table. */
import { type Axes } from '../../src/core/words/calibration';
import type { Diagram } from '../../src/protocol/calibration-page';
import { h } from '../dom';
import { type Band, markChosen, reliabilityDiagram } from './diagram';
import { legend } from './legend';
import { binsTable } from './tables';

export interface FigureOptions {
  readonly diagram: Diagram;
  readonly band: Band;
  readonly axes: Axes;
  /** Whether the smooth curve is drawn. */
  readonly withCurve: boolean;
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** Shown above the diagram. Without it the title is only read aloud. */
  readonly caption?: string;
  readonly densityTop?: number;
  /** The bin whose rows are listed. */
  readonly chosen?: () => number | undefined;
  readonly onChoose?: (bin: number) => void;
}

export function figure(options: FigureOptions): HTMLElement {
  const { diagram, band, axes, withCurve, id, title, caption, densityTop, chosen, onChoose } = options;
  const picture = reliabilityDiagram({
    diagram,
    band,
    axes,
    withCurve,
    id,
    title,
    ...(densityTop === undefined ? {} : { densityTop }),
    onChoose,
  });
  if (chosen !== undefined) markChosen(picture, chosen());
  return h(
    'figure',
    { class: 'reliability' },
    caption === undefined ? undefined : h('figcaption', {}, caption),
    picture,
    h(
      'p',
      { class: 'quiet' },
      onChoose === undefined
        ? 'Point at a bin to read its numbers.'
        : 'Point at a bin to read its numbers. Choose it to list its rows.',
    ),
    legend(diagram, band, axes, withCurve),
    h(
      'details',
      {},
      h('summary', { 'data-key': `${id}-bins` }, 'Bins as a table'),
      binsTable(diagram, axes, `${id}-row`, onChoose),
    ),
  );
}
