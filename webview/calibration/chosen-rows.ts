/** The rows that a person chose (those of a bin, a bucket, a threshold or a cell), and the section that lists them. */
import {
  type Axes,
  binRange,
  calibratorTitle,
  CORRECTNESS,
  count,
  labelName,
} from '../../src/core/words/calibration';
import {
  type Diagram,
  type ListedRows,
  ROW_LIMIT,
  type RowOwner,
  type RowSelection,
} from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, replaceContent } from '../dom';
import { markChosen } from './diagram';
import type { FigureOptions } from './figure';
import type { Page, Section, Shown } from './page';
import { rowsTable } from './tables';
import { type Chosen, type FigureName, FIGURES, type Place } from './view';
import { binSentence } from './words';

/** A diagram, and which rows it shows. */
export interface Choosable {
  readonly diagram: Diagram;
  readonly axes: Axes;
  readonly of: RowOwner;
  /** The rows in words; empty for all rows, raw. */
  readonly words: string;
}

/** Rows that can be listed now. */
interface Listable {
  readonly of: RowOwner;
  readonly axes: Axes;
  /** What they are, after "Rows of ". */
  readonly name: string;
  /** More about them; undefined for nothing. */
  readonly about?: string | undefined;
  /** What they depend on: they are listed again when it changes. */
  readonly from: unknown;
}

export interface ChosenRowsOptions {
  readonly page: Page;
  /** The diagrams whose bins can be chosen; undefined if one is not shown. */
  readonly diagramOf: (figure: FigureName, shown: Shown) => Choosable | undefined;
  /** The element after which the rows are listed. */
  readonly placeOf: (place: Place) => HTMLElement;
}

export class ChosenRows implements Section {
  readonly element = h('section', { class: 'chosen-rows', hidden: true, tabindex: -1 });
  /** Counts the questions, so that a late answer to an earlier one is not shown. */
  private asked = 0;
  /** True if a person has just chosen rows: they are announced and shown when they arrive. */
  private isNew = false;
  /** Key of the element that rows were chosen with; the focus returns there. */
  private origin: string | null = null;

  constructor(private readonly options: ChosenRowsOptions) {
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.close();
    });
  }

  /** The options that let a figure's bins be chosen. */
  choosing(figure: FigureName, diagram: Diagram): Required<Pick<FigureOptions, 'chosen' | 'onChoose'>> {
    const { page } = this.options;
    const { bins } = diagram.evaluation;
    return {
      chosen: () => indexOf(page.shown?.view.chosen, figure, diagram),
      onChoose: (index) => {
        const bin = bins[index];
        if (bin !== undefined) this.choose(figure, { kind: 'bin', low: bin.low, high: bin.high });
      },
    };
  }

  /**
   * Lists rows, scrolls to them and gives them the focus.
   *
   * @param method of a decision
   */
  choose(place: Place, which: RowSelection, method: Chosen['method'] = null): void {
    this.origin = document.activeElement?.getAttribute('data-key') ?? null;
    this.show({ place, which, method, limit: ROW_LIMIT });
  }

  dependsOn(shown: Shown): readonly unknown[] {
    const { chosen } = shown.view;
    return [chosen, chosen && this.listable(chosen, shown)?.from];
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
    const listable = chosen === null ? undefined : this.listable(chosen, shown);
    this.element.hidden = listable === undefined;
    if (chosen === null || listable === undefined) return;
    // What is moved loses the focus.
    const place = placeOf(chosen.place);
    if (this.element.previousElementSibling !== place) place.after(this.element);
    this.list(chosen, listable, this.isNew);
  }

  private show(chosen: Chosen | null): void {
    this.isNew = chosen !== null;
    this.options.page.look({ chosen });
    this.isNew = false;
  }

  /** The focus returns to where the rows were chosen. */
  private close(): void {
    const { origin } = this;
    this.show(null);
    const found = origin === null ? null : document.querySelector(`[data-key="${CSS.escape(origin)}"]`);
    if (found instanceof HTMLElement || found instanceof SVGElement) found.focus();
  }

  /** Undefined if the page no longer shows what the rows are of. */
  private listable({ place, which, method }: Chosen, shown: Shown): Listable | undefined {
    const { diagramOf } = this.options;
    if (place === 'decisions') {
      const { report } = shown.state.decisions;
      const decided = report?.methods.find((entry) => entry.method === method);
      if (decided === undefined || which.kind !== 'range') return undefined;
      const whose =
        report !== null && report.methods.length > 1 ? `, ${calibratorTitle(decided.method)}` : '';
      const words =
        which.high === 1
          ? `confidence ${which.low} or higher`
          : `confidence ${which.low} to below ${which.high}`;
      return {
        of: { kind: 'decision', method: decided.method },
        axes: CORRECTNESS,
        name: `${words}${whose}`,
        from: report,
      };
    }
    if (place === 'matrix') {
      const owner = diagramOf('raw', shown);
      const { labels, labelMetrics } = owner?.diagram.evaluation ?? {};
      if (owner === undefined || which.kind !== 'cell' || !labels || !labelMetrics) return undefined;
      if (!labels.includes(which.truth) || !labels.includes(which.predicted)) return undefined;
      const words = `the truth ${labelName(which.truth)}, predicted as ${labelName(which.predicted)}`;
      return { ...owner, name: named(words, owner.words), from: owner.diagram };
    }
    const owner = diagramOf(place, shown);
    const at = owner && indexOf({ place, which }, place, owner.diagram);
    const bin = at === undefined ? undefined : owner?.diagram.evaluation.bins[at];
    if (owner === undefined || at === undefined || bin === undefined) return undefined;
    return {
      ...owner,
      name: named(`the bin ${binRange(bin)}`, owner.words),
      about: binSentence(bin, owner.diagram.consistency[at] ?? null, owner.axes),
      from: owner.diagram,
    };
  }

  private list(chosen: Chosen, listable: Listable, isNew: boolean): void {
    const question = ++this.asked;
    const { which, limit } = chosen;
    void this.options.page.host.rows({ which, limit, of: listable.of }).then((rows) => {
      if (question === this.asked) this.drawRows(chosen, listable, rows, isNew);
    });
  }

  /** @param answer null if the rows cannot be listed */
  private drawRows(chosen: Chosen, listable: Listable, answer: ListedRows | null, isNew: boolean): void {
    const { page } = this.options;
    const { axes, name, about } = listable;
    const { which } = chosen;
    const below = which.kind === 'range' ? which.high : undefined;
    const close = button('Close', { key: 'close-rows', secondary: true }, () => this.close());
    const head = h('div', { class: 'section-head' }, h('h2', {}, `Rows of ${name}`), close);
    if (answer === null) {
      replaceContent(
        this.element,
        head,
        h('p', {}, 'The rows could not be listed, because the computation was stopped or the file changed.'),
        button('List Again', { key: 'list-again', secondary: true }, () => this.list(chosen, listable, true)),
      );
      return;
    }
    const { total, rows } = answer;
    const left = total - rows.length;
    const more = button(
      `List ${count(Math.min(left, rows.length), 'More Row')}`,
      { key: 'more-rows', secondary: true },
      () => this.show({ ...chosen, limit: 2 * chosen.limit }),
    );
    const wantsMore = this.element.contains(document.activeElement);
    replaceContent(
      this.element,
      head,
      about === undefined ? undefined : h('p', {}, about),
      h('p', { class: 'quiet' }, orderInWords(answer, axes)),
      rowsTable(answer, axes, below, (line) => page.host.reveal({ line })),
      ...(left > 0 ? [more] : []),
    );
    page.drawn();
    if (!isNew) return;
    page.announce(`${count(rows.length, 'row')} of ${name} listed. Escape returns.`);
    if (wantsMore) return;
    this.element.focus({ preventScroll: true });
    this.element.scrollIntoView();
  }
}

function named(words: string, whose: string): string {
  return whose === '' ? words : `${words}, ${whose}`;
}

/** Index of the chosen bin in a diagram; undefined if it is not one of its bins. */
function indexOf(
  chosen: Pick<Chosen, 'place' | 'which'> | null | undefined,
  figure: FigureName,
  { evaluation }: Diagram,
): number | undefined {
  if (chosen?.place !== figure || chosen.which.kind !== 'bin') return undefined;
  const { low, high } = chosen.which;
  const index = evaluation.bins.findIndex((bin) => bin.low === low && bin.high === high);
  return index < 0 ? undefined : index;
}

function orderInWords({ total, rows, hasText }: ListedRows, axes: Axes): string {
  const shown =
    total > rows.length
      ? ` The first ${rows.length.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} are listed.`
      : '';
  const text = hasText ? '' : ' To see the texts, assign their column (Columns…).';
  return `${count(total, 'row')}, worst first: “${axes.miss}” from the highest ${axes.acrossWords} down, then “${axes.hit}” from the lowest up.${shown} Press a line number to see the row in the text editor. Escape returns to where they were chosen.${text}`;
}
