/** Tables that tell themselves how their rows were drawn: those of `label-join`, and those of `sample` that were scored. */
import { plainNumber } from '../../core/data/cells';
import { originOf } from '../../core/labelling/decisions';
import { SELECTED_BY } from '../../core/labelling/design';
import type { Warning } from '../../core/model/predictions';
import type { TableFile } from './inspect';
import { weightColumn } from './people-labels';

/** The column that tells which part of a design drew a row. */
export const SELECTED = 'selected_by';
const PROBABILITY = 'inclusion_probability';
/** Tells rows that people could not label from those that nobody reached. */
const ANSWER = 'answer';
const WEIGHT = `weight (1 / ${PROBABILITY})`;

/** Whether a design drew the row, and no person chose it. */
export function isByDesign(selectedBy: string): boolean {
  return selectedBy !== 'user' && SELECTED_BY.some((name) => name === selectedBy);
}

/** Whether a table tells itself that its rows were drawn. */
export function isSample({ header }: Pick<TableFile, 'header'>): boolean {
  return header.some((name) => name.trim() === SELECTED);
}

interface Weighted {
  readonly source: TableFile;
  readonly mapping: Record<string, string>;
  readonly warning: Warning;
}

/**
 * A table whose rows were drawn with probabilities that it names, but that has no column of weights: weighted by 1 / them.
 * Rows that a person chose weigh nothing.
 *
 * @returns null for any other table, and where somebody assigned no weights
 */
export function withDesignWeights(
  source: TableFile,
  mapping: Readonly<Record<string, string>> = {},
): Weighted | null {
  const at = columnsAt(source, [SELECTED, PROBABILITY]);
  if (at === null || mapping.weight === '' || weightColumn(source.header, mapping) !== undefined) return null;
  const [selected, probability] = at;
  const cellsOf = (_: number, cells: readonly string[]): string[] => {
    const origin = originOf('', (cells[selected] ?? '').trim(), (cells[probability] ?? '').trim());
    // A row that was drawn with an unknown probability cannot be used.
    if (typeof origin === 'string') return [''];
    return [origin.probability === null ? '0' : String(1 / origin.probability)];
  };
  return {
    source: { ...source, header: [...source.header, WEIGHT], added: { names: [WEIGHT], cellsOf } },
    mapping: { weight: WEIGHT },
    warning: {
      code: 'labels-weighted',
      message: `Rows are weighted by 1 / their probability of being drawn (column "${PROBABILITY}").`,
    },
  };
}

/** Counts the rows of a table of `label-join` that were drawn and that people could not label. */
export class MissingAnswers {
  private rows = 0;
  private lost = 0;
  private total = 0;

  private constructor(
    private readonly at: readonly [selected: number, answer: number],
    private readonly label: number,
    private readonly weight: number | undefined,
  ) {}

  /** @returns null for any other table */
  static of(source: TableFile, label: number | undefined, weight: number | undefined): MissingAnswers | null {
    const at = columnsAt(source, [SELECTED, ANSWER]);
    return at === null || label === undefined ? null : new MissingAnswers(at, label, weight);
  }

  add(cells: readonly string[]): void {
    const [selected, answer] = this.at;
    const said = (cells[answer] ?? '').trim();
    if (said === '' || !isByDesign((cells[selected] ?? '').trim())) return;
    const own = this.weight === undefined ? 1 : plainNumber((cells[this.weight] ?? '').trim());
    const weight = own > 0 ? own : 0;
    this.total += weight;
    if ((cells[this.label] ?? '').trim() !== '') return;
    this.rows++;
    this.lost += weight;
  }

  get counted(): { readonly rows: number; readonly share: number } {
    return { rows: this.rows, share: this.total === 0 ? 0 : this.lost / this.total };
  }
}

function columnsAt({ header }: TableFile, [one, other]: readonly [string, string]): [number, number] | null {
  const named = header.map((name) => name.trim());
  const [first, second] = [named.indexOf(one), named.indexOf(other)];
  return first < 0 || second < 0 ? null : [first, second];
}
