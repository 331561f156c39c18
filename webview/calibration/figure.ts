/** A reliability diagram with the numbers of the bin that is pointed at, the legend and the table. */
import { type Axes } from '../../src/core/words/calibration';
import type { Diagram } from '../../src/protocol/calibration-page';
import { h, setText } from '../dom';
import { type Band, markChosen, reliabilityDiagram } from './diagram';
import { legend } from './legend';
import { binsTable } from './tables';
import { binSentence } from './words';

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
  /** The bin whose numbers are shown while none is pointed at. */
  readonly chosen?: () => number | undefined;
  readonly onChoose?: (bin: number) => void;
}

export function figure(options: FigureOptions): HTMLElement {
  const { diagram, band, axes, withCurve, id, title, caption, densityTop, chosen, onChoose } = options;
  const { bins } = diagram.evaluation;
  const hint =
    onChoose === undefined
      ? 'Point at a bin to read its numbers.'
      : 'Point at a bin to read its numbers. Choose it to list its rows.';
  const readout = h('p', { class: 'readout' }, hint);
  const picture = reliabilityDiagram({
    diagram,
    band,
    axes,
    withCurve,
    id,
    title,
    ...(densityTop === undefined ? {} : { densityTop }),
    onPoint: (index) => {
      const at = index ?? chosen?.();
      const bin = at === undefined ? undefined : bins[at];
      setText(
        readout,
        bin === undefined || at === undefined
          ? hint
          : binSentence(bin, diagram.consistency[at] ?? null, axes),
      );
    },
    onChoose,
  });
  if (chosen !== undefined) markChosen(picture, chosen());
  return h(
    'figure',
    { class: 'reliability' },
    caption === undefined ? undefined : h('figcaption', {}, caption),
    picture,
    readout,
    legend(diagram, band, axes, withCurve),
    h(
      'details',
      {},
      h('summary', { 'data-key': `${id}-bins` }, 'Bins as a table'),
      binsTable(diagram, axes, `${id}-row`, onChoose),
    ),
  );
}
