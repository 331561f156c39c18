/** What the host sends to the page of a comparison: made by the code that makes it, from seeded tables. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seededRandom } from '../../src/core/random';
import { comparedForPage } from '../../src/features/calibration/worker/compare-tables';
import { AS_FOUND } from '../../src/protocol/calibration-page';
import {
  type ComparisonSettings,
  type ComparisonState,
  type ComparisonView,
  DEFAULT_COMPARISON_SETTINGS,
} from '../../src/protocol/comparison-page';
import { csvLine } from '../../src/store/tables/csv-line';

/** How right a run is, and how much surer than that. */
interface Made {
  readonly skill: number;
  readonly sharpness: number;
}

/** Rows of one table; the truths and texts are the same for every run. */
function tableOf(
  rows: number,
  { skill, sharpness }: Made,
  seed: number,
  name: (i: number) => string,
  kind: (i: number) => string,
): string {
  const truths = seededRandom(7);
  const random = seededRandom(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const truth = truths() < 0.5 ? 'positive' : 'negative';
    const sign = truth === 'positive' ? 1 : -1;
    const f = sharpness * (sign * skill + 2.4 * (random() - 0.5));
    const p = 1 / (1 + Math.exp(-f));
    return csvLine([String(i), name(i), truth, kind(i), String(1 - p), String(p)], ',');
  });
  return ['id,text,label,kind,prob:negative,prob:positive\n', ...lines].join('');
}

const BASE: Made = { skill: 0.45, sharpness: 3 };
const TUNED: Made = { skill: 0.75, sharpness: 6 };
const THIRD: Made = { skill: 0.5, sharpness: 2 };

const FILES = ['base.csv', 'tuned.csv', 'third.csv'] as const;

/**
 * @param text of each row
 * @param kind value of each row in the column "kind"
 */
export async function comparisonView(
  runs: 2 | 3,
  settings: Partial<ComparisonSettings> = {},
  {
    rows = 400,
    text = (i: number) => `Text ${i}, which says what it is about and how somebody liked it`,
    kind = (i: number): string => (i % 3 === 0 ? 'news' : 'film'),
    say = (_message: string) => Promise.resolve(),
  } = {},
): Promise<ComparisonView> {
  const folder = await mkdtemp(path.join(tmpdir(), 'comparison-'));
  try {
    const files = FILES.slice(0, runs).map((name) => path.join(folder, name));
    for (const [at, file] of files.entries())
      await writeFile(file, tableOf(rows, [BASE, TUNED, THIRD][at] ?? BASE, 11 + at, text, kind));
    const { view } = await comparedForPage(
      {
        tables: files.map((file) => ({ file, options: AS_FOUND })),
        settings: { ...DEFAULT_COMPARISON_SETTINGS, ...settings },
      },
      null,
      say,
    );
    return view;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function comparisonState(
  view: ComparisonView | null,
  change: Partial<ComparisonState> = {},
): ComparisonState {
  return {
    files: FILES.slice(0, view?.report.names.length ?? 2),
    settings: DEFAULT_COMPARISON_SETTINGS,
    busy: null,
    error: null,
    view,
    ...change,
  };
}
