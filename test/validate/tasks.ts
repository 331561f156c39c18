/** The simulations in parts that threads compute beside each other. */
import { baselines } from './baselines';
import { bestOfSeveral, pairedDifferences, pairedTests } from './comparison';
import { CELL_SECTIONS, cellLines, otherPromises } from './dependent';
import { prefixes, shareCoverage } from './labels';
import { crossFitted, labelCoverage, type Line, pureNoise, type Section } from './simulations';
import { CELLS } from './tables';

const CELL_RUNS = 1000;
type Whole = readonly (readonly [compute: (runs: number) => Section, runs: number])[];
const WHOLE: Whole = [
  [otherPromises, 1000],
  [baselines, 1000],
  [labelCoverage, 1000],
  [crossFitted, 25],
  [pureNoise, 120],
];

/** Behind the kinds of tables, so that the numbers of older tasks stay; sections of their own, too. */
const LAST: Whole = [
  [pairedDifferences, 1000],
  [pairedTests, 1000],
  [bestOfSeveral, 400],
  [shareCoverage, 1000],
  [prefixes, 1000],
];

/** First those that make a section alone, then one for each kind of table, then sections alone again. */
export const TASKS = WHOLE.length + CELLS.length + LAST.length;

/** What a task computes: a whole section, or a line of each of the sections on kinds of tables. */
export type Computed = Section | readonly Line[];

/** @param scale share of the runs */
export function compute(task: number, scale: number): Computed {
  const [whole, wholeRuns = 0] = WHOLE[task] ?? LAST[task - WHOLE.length - CELLS.length] ?? [];
  if (whole !== undefined) return whole(Math.ceil(wholeRuns * scale));
  const cell = CELLS[task - WHOLE.length];
  if (cell === undefined) throw new Error(`no task ${task}`);
  return cellLines(cell, Math.ceil(CELL_RUNS * scale));
}

/** @param computed by all tasks, in order */
export function sectionsOf(computed: readonly Computed[]): Section[] {
  const last = WHOLE.length + CELLS.length;
  const whole = computed.slice(0, WHOLE.length) as Section[];
  const cells = computed.slice(WHOLE.length, last) as (readonly Line[])[];
  const alone = computed.slice(last) as Section[];
  const ofCells = CELL_SECTIONS.map((section, i) => ({
    ...section,
    lines: cells.flatMap((lines) => lines[i] ?? []),
  }));
  return [...ofCells, ...whole, ...alone];
}
