/** One table in many forms: whatever forms come together, its numbers are those of the plain form, or it is refused. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { leftOut } from '../../src/core/data/table';
import { evaluate } from '../../src/core/metrics/evaluate';
import type { Evaluation } from '../../src/core/model/evaluation';
import { seededRandom } from '../../src/core/random';
import { UserError } from '../../src/core/user-error';
import { readLabelled } from '../../src/store/tables/labelled';
import {
  fileOf,
  type Form,
  ODD_FORMS,
  plainTable,
  TABLE_KINDS,
  TABLE_LABELS,
  type Written,
} from './odd-tables';
import { sharedFolder } from './temporary';

const METRICS = ['accuracy', 'meanConfidence', 'ece', 'brier', 'nll', 'auroc'] as const;
const LABEL_METRICS = ['brier', 'nll', 'classwiseEce'] as const;

const tables = fc.record({
  kind: fc.constantFrom(...TABLE_KINDS),
  labels: fc.constantFrom(...TABLE_LABELS),
  n: fc.integer({ min: 8, max: 60 }),
  seed: fc.nat(),
});
/** One in three groups has a form. */
const chosenForms = fc
  .tuple(
    ...ODD_FORMS.map((group) =>
      fc.oneof(
        { weight: 2, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom(...group) },
      ),
    ),
  )
  .map((chosen) => chosen.filter((form) => form !== null));

/** @param cases how many tables are compared */
export function suiteOfOddTables(cases: number): void {
  describe('a table in odd forms', () => {
    const inFolder = sharedFolder();

    async function evaluated(written: Written): Promise<Evaluation> {
      const file = path.join(inFolder(), 'table.csv');
      await writeFile(file, fileOf(written));
      const { data, table, warnings } = await readLabelled(file, {});
      return evaluate(data, { rounds: 0, nullDraws: 0, ...leftOut(table), warnings });
    }

    /** Undefined where it was refused, and may be. */
    async function evaluatedOdd(written: Written, forms: readonly Form[]): Promise<Evaluation | undefined> {
      try {
        return await evaluated(written);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        assert.ok(
          forms.some(({ refusable }) => refusable?.(written) ?? false),
          error.message,
        );
        return undefined;
      }
    }

    it('has the numbers of the plain form, or is refused', async () => {
      let read = 0;
      await fc.assert(
        fc.asyncProperty(tables, chosenForms, async ({ kind, labels, n, seed }, chosen) => {
          const random = seededRandom(seed);
          const plain = plainTable(kind, labels, n, random);
          const forms = chosen.filter(({ fits }) => fits?.(plain.table) ?? true);
          const odd = forms.reduce((written, form) => form.change(written, random), plain);
          try {
            const found = await evaluatedOdd(odd, forms);
            if (found === undefined) return;
            read++;
            assertSame(found, await evaluated(plain), odd);
          } catch (error) {
            const what = `${kind} with ${forms.map(({ name }) => name).join(', ')}`;
            throw new Error(`${what}:\n${fileOf(odd).toString(odd.style.encoding)}`, { cause: error });
          }
        }),
        { numRuns: cases },
      );
      assert.ok(read > cases / 2, `only ${read} were read`);
    });
  });
}

function assertSame(odd: Evaluation, plain: Evaluation, { style, unlabelled, hidden }: Written): void {
  const { n, nUnused = 0, nUnlabelled } = odd;
  if (style.zeroAt !== null && nUnused > 0) {
    // The zero spoiled a row, or the name of a label, or is a row of its own.
    const more = n + nUnused + (nUnlabelled ?? 0) - plain.n - unlabelled;
    assert.ok(more === 0 || more === 1, `${more} rows more`);
    return;
  }
  assert.deepEqual({ n, nUnused, nUnlabelled }, { n: plain.n, nUnused: 0, nUnlabelled: unlabelled });
  if (hidden) assert.ok(odd.warnings.some(({ code }) => code === 'hidden-scores'));
  for (const metric of METRICS) assertNear(metric, odd[metric].value, plain[metric].value, hidden);
  for (const metric of LABEL_METRICS)
    assertNear(
      metric,
      odd.labelMetrics?.[metric].value ?? null,
      plain.labelMetrics?.[metric].value ?? null,
      hidden,
    );
}

/** @param bounded whether bounds, which are a hair lower, stand for numbers */
function assertNear(what: string, found: number | null, wanted: number | null, bounded: boolean): void {
  const isNear =
    found === null || wanted === null ? found === wanted : Math.abs(found - wanted) < (bounded ? 1e-7 : 1e-9);
  assert.ok(isNear, `${what} is ${String(found)}, not ${String(wanted)}`);
}
