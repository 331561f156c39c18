/** Labels that do not exclude each other, summed up: by hand, and against a known truth. */
import assert from 'node:assert/strict';
import { evaluateLabels, type LabelTable } from '../../../src/core/metrics/labels';
import { givenProbs } from '../../../src/core/model/rows';
import { pairOf } from '../../../src/core/model/pair';
import { type Random, seededRandom } from '../../../src/core/random';

function tableOf(
  label: string,
  rows: readonly (readonly [p: number, y: number])[],
  lines: readonly number[] = [...rows.keys()],
  group?: readonly number[],
): LabelTable {
  const { data } = givenProbs({
    labels: pairOf(label),
    probs: Float64Array.from(rows.flatMap(([p]) => [p, 1 - p])),
    truth: Int32Array.from(rows, ([, y]) => 1 - y),
    group: group && Int32Array.from(group),
  });
  return { label, data, lines };
}

describe('labels that do not exclude each other', () => {
  it('have the numbers that a hand computes', () => {
    const a = tableOf('a', [
      [0.9, 1],
      [0.6, 0],
      [0.5, 1],
      [0.2, 0],
    ]);
    const b = tableOf(
      'b',
      [
        [0.7, 1],
        [0.4, 1],
      ],
      [0, 2],
    );
    const { labels, mean, texts, warnings } = evaluateLabels([a, b], { bins: 1 });
    assert.equal(texts, 4);
    const [first, second] = labels;
    assert.ok(first && second);
    const near = (value: number | null, wanted: number): void =>
      assert.ok(Math.abs((value ?? NaN) - wanted) < 1e-12, `${value} is not ${wanted}`);
    assert.deepEqual([first.n, first.nYes, second.n, second.nYes], [4, 2, 2, 2]);
    near(first.prevalence.value, 0.5);
    near(first.meanProbability.value, 0.55);
    // One half is enough: only the second row is decided wrongly.
    near(first.accuracy.value, 0.75);
    near(first.nll.value, -(Math.log(0.9) + Math.log(0.4) + Math.log(0.5) + Math.log(0.8)) / 4);
    near(first.brier.value, (0.01 + 0.36 + 0.25 + 0.04) / 4);
    near(first.ece.value, 0.05);
    near(first.auroc.value, 0.75);
    near(second.accuracy.value, 0.5);
    near(second.brier.value, (0.09 + 0.36) / 2);
    assert.equal(second.auroc.value, null);
    near(mean.accuracy.value, 0.625);
    near(mean.brier.value, (0.165 + 0.225) / 2);
    near(mean.ece.value, (0.05 + 0.45) / 2);
    assert.equal(mean.auroc.value, null);
    assert.equal(mean.ece.low, null);
    assert.equal(warnings.length, 2);
  });

  it('have the intervals of the label itself where there is one', () => {
    const random = seededRandom(3);
    const rows = Array.from({ length: 400 }, () => {
      const p = random();
      return [p, Number(random() < p)] as const;
    });
    const { labels, mean } = evaluateLabels([tableOf('a', rows)]);
    for (const metric of ['accuracy', 'nll', 'brier', 'auroc'] as const)
      for (const end of ['low', 'high'] as const)
        assert.ok(Math.abs((mean[metric][end] ?? NaN) - (labels[0]?.[metric][end] ?? NaN)) < 0.01, metric);
  });

  it('have intervals of the texts: copies of a text, or of a label, tell nothing new', () => {
    const random = seededRandom(5);
    const rows = Array.from({ length: 300 }, () => {
      const p = random();
      return [p, Number(random() < p)] as const;
    });
    const width = ({ low, high }: { low: number | null; high: number | null }): number =>
      (high ?? NaN) - (low ?? NaN);
    const one = evaluateLabels([tableOf('a', rows)]).mean;
    const copied = evaluateLabels([tableOf('a', rows), tableOf('b', rows)]).mean;
    const twice = evaluateLabels([
      tableOf('a', [...rows, ...rows], undefined, [...rows.keys(), ...rows.keys()]),
    ]).mean;
    for (const metric of ['accuracy', 'nll', 'brier', 'auroc'] as const) {
      assert.ok(Math.abs(width(copied[metric]) / width(one[metric]) - 1) < 0.02, metric);
      assert.ok(Math.abs(width(twice[metric]) / width(one[metric]) - 1) < 0.02, metric);
    }
    // Labels of other texts tell as much as twice the texts.
    const others = evaluateLabels([
      tableOf('a', rows),
      tableOf(
        'b',
        rows,
        Array.from(rows, (_, i) => 300 + i),
      ),
    ]);
    assert.ok(Math.abs(width(others.mean.nll) / width(one.nll) - Math.SQRT1_2) < 0.03);
  });

  it('give no interval where nothing varies', () => {
    const rows = Array.from({ length: 50 }, (_, i) => [i % 2 === 0 ? 1 : 0, 1 - (i % 2)] as const);
    const { mean } = evaluateLabels([tableOf('a', rows)]);
    assert.equal(mean.auroc.low, null);
    assert.equal(mean.nll.low, null);
    // Nothing was wrong in 50 texts: that is no certainty.
    assert.ok((mean.accuracy.low ?? 1) < 0.95 && mean.accuracy.high === 1);
  });

  it('have intervals that cover the truth as often as they say', function () {
    this.timeout(120_000);
    // Four labels that share one cause, and a truth that differs from P(label): everything is known from a large table.
    const draw = (random: Random, texts: number): LabelTable[] => {
      const causes = Array.from({ length: texts }, () => random());
      const luck = Array.from({ length: texts }, () => random());
      return Array.from({ length: 4 }, (_, k) =>
        tableOf(
          `label ${k}`,
          causes.map((cause, text) => {
            const p = 0.05 + 0.9 * (0.7 * cause + 0.3 * random());
            // The same luck in all labels of a text, half of the time.
            const u = random() < 0.5 ? (luck[text] ?? 0) : random();
            return [p, Number(u < p ** 1.5)] as const;
          }),
        ),
      );
    };
    const truth = evaluateLabels(draw(seededRandom(11), 60_000), FAST).mean;
    const random = seededRandom(12);
    const covered = { accuracy: 0, nll: 0, brier: 0, auroc: 0 };
    const tables = 300;
    for (let t = 0; t < tables; t++) {
      const { mean } = evaluateLabels(draw(random, 150), FAST);
      for (const metric of ['accuracy', 'nll', 'brier', 'auroc'] as const) {
        const { low, high } = mean[metric];
        const value = truth[metric].value ?? NaN;
        if ((low ?? NaN) <= value && value <= (high ?? NaN)) covered[metric]++;
      }
    }
    // Three standard errors of a share of .95 in 300 are .038.
    for (const [metric, count] of Object.entries(covered))
      assert.ok(count / tables > 0.912 && count / tables < 0.988, `${metric}: ${count} of ${tables}`);
  });
});

/** The labels' own intervals are not asked for. */
const FAST = { rounds: 0, nullDraws: 0 };
