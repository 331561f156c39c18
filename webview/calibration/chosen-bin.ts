/** The bin that is chosen in one of the diagrams, and the section that lists its rows. */
import { type Axes, binRange, count } from '../../src/core/words/calibration';
import {
  BIN_ROW_LIMIT,
  type BinOwner,
  type BinRows,
  type Diagram,
} from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, replaceContent } from '../dom';
import { markChosen } from './diagram';
import type { FigureOptions } from './figure';
import type { Page, Section, Shown } from './page';
import { binRowsTable } from './tables';
import { type Chosen, type FigureName, FIGURES } from './view';

/** A diagram, and which rows it shows. */
export interface Choosable {
  readonly diagram: Diagram;
  readonly axes: Axes;
  readonly of: BinOwner;
  /** The rows in words; empty for all rows, raw. */
  readonly words: string;
}

export interface ChosenBinOptions {
  readonly page: Page;
  /** The diagrams whose bins can be chosen; undefined if one is not shown. */
  readonly diagramOf: (figure: FigureName, shown: Shown) => Choosable | undefined;
  /** The element around a diagram. The rows are listed below it. */
  readonly placeOf: (figure: FigureName) => HTMLElement;
}

export class ChosenBin implements Section {
  readonly element = h('section', { class: 'bin-rows', hidden: true, tabindex: -1 });
  /** Counts the questions, so that a late answer to an earlier one is not shown. */
  private asked = 0;
  /** True if a person has just chosen a bin: its rows are announced when they arrive. */
  private announces = false;

  constructor(private readonly options: ChosenBinOptions) {}

  /** The options that let a figure's bins be chosen. */
  choosing(figure: FigureName, diagram: Diagram): Required<Pick<FigureOptions, 'chosen' | 'onChoose'>> {
    const { page } = this.options;
    const { bins } = diagram.evaluation;
    return {
      chosen: () => indexOf(page.shown?.view.chosen, figure, diagram),
      onChoose: (index) => {
        const bin = bins[index];
        if (bin !== undefined) this.choose({ figure, low: bin.low, high: bin.high, limit: BIN_ROW_LIMIT });
      },
    };
  }

  dependsOn(shown: Shown): readonly unknown[] {
    const { chosen } = shown.view;
    return [chosen, chosen && this.options.diagramOf(chosen.figure, shown)];
  }

  draw(shown: Shown): void {
    const { diagramOf, placeOf } = this.options;
    const { chosen } = shown.view;
    this.asked++;
    for (const figure of FIGURES) {
      const picture = document.querySelector(`.diagram[data-picture="${figure}"]`);
      const owner = diagramOf(figure, shown);
      if (picture !== null && owner !== undefined)
        markChosen(picture, indexOf(chosen, figure, owner.diagram));
    }
    const owner = chosen === null ? undefined : diagramOf(chosen.figure, shown);
    const isThere =
      chosen !== null && owner !== undefined && indexOf(chosen, chosen.figure, owner.diagram) !== undefined;
    this.element.hidden = !isThere;
    if (!isThere) return;
    // What is moved loses the focus.
    const place = placeOf(chosen.figure);
    if (this.element.previousElementSibling !== place) place.after(this.element);
    this.list(chosen, owner, this.announces);
  }

  private choose(chosen: Chosen | null): void {
    this.announces = chosen !== null;
    this.options.page.look({ chosen });
    this.announces = false;
  }

  private list(chosen: Chosen, owner: Choosable, announces: boolean): void {
    const question = ++this.asked;
    const { low, high, limit } = chosen;
    this.options.page.host
      .binRows({ low, high, limit, of: owner.of })
      .catch((error: unknown) => {
        console.error(error);
        return null;
      })
      .then((rows) => {
        if (question === this.asked) this.drawRows(chosen, owner, rows, announces);
      })
      .catch((error: unknown) => console.error(error));
  }

  /** @param answer null if the rows cannot be listed */
  private drawRows(chosen: Chosen, owner: Choosable, answer: BinRows | null, announces: boolean): void {
    const { page } = this.options;
    const { axes, words: whose } = owner;
    const name = `the bin ${binRange(chosen)}${whose === '' ? '' : `, ${whose}`}`;
    const close = button('Close', { key: 'close-rows', secondary: true }, () => this.choose(null));
    const head = h('div', { class: 'section-head' }, h('h2', {}, `Rows of ${name}`), close);
    if (answer === null) {
      replaceContent(
        this.element,
        head,
        h('p', {}, 'The rows could not be listed, because the computation was stopped or the file changed.'),
        button('List Again', { key: 'list-again', secondary: true }, () => this.list(chosen, owner, true)),
      );
      return;
    }
    const { total, rows } = answer;
    const left = total - rows.length;
    const more = button(
      `List ${count(Math.min(left, rows.length), 'More Row')}`,
      { key: 'more-rows', secondary: true },
      () => this.choose({ ...chosen, limit: 2 * chosen.limit }),
    );
    replaceContent(
      this.element,
      head,
      h('p', { class: 'quiet' }, orderInWords(answer, axes)),
      binRowsTable(answer, axes, (line) => page.host.reveal({ line })),
      ...(left > 0 ? [more] : []),
    );
    if (announces) page.announce(`${count(rows.length, 'row')} of ${name} listed below.`);
  }
}

/** Index of the chosen bin in a diagram; undefined if it is not one of its bins. */
function indexOf(
  chosen: Chosen | null | undefined,
  figure: FigureName,
  { evaluation }: Diagram,
): number | undefined {
  if (chosen?.figure !== figure) return undefined;
  const index = evaluation.bins.findIndex(({ low, high }) => low === chosen.low && high === chosen.high);
  return index < 0 ? undefined : index;
}

function orderInWords({ total, rows }: BinRows, axes: Axes): string {
  const shown =
    total > rows.length
      ? ` The first ${rows.length.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} are listed.`
      : '';
  return `${count(total, 'row')}, worst first: “${axes.miss}” from the highest ${axes.acrossWords} down, then “${axes.hit}” from the lowest up.${shown} Press a line number to see the row in the text editor.`;
}
