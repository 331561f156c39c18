import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { binValues } from '../../../src/core/metrics/bins';
import { expectedCalibrationError } from '../../../src/core/metrics/ece';
import { smoothEce } from '../../../src/core/metrics/smooth-ece';
import { ROOT } from '../../support/paths';

const casesSchema = z.array(
  z.object({
    name: z.string(),
    confidence: z.array(z.number()),
    correct: z.array(z.number()),
    ece: z.number(),
    smoothEce: z.number(),
  }),
);

/** The trainer has metrics of its own, in Python. Its tests compare them with the same numbers. */
describe('the metrics of the trainer', () => {
  const file = path.join(ROOT, 'training', 'tests', 'metrics.json');
  for (const { name, ...numbers } of casesSchema.parse(JSON.parse(readFileSync(file, 'utf8'))))
    it(`are those of the program: ${name}`, () => {
      const confidence = Float64Array.from(numbers.confidence);
      const correct = Uint8Array.from(numbers.correct);
      const { index, edges } = binValues(confidence, 'width', 20, null);
      const sums = {
        mass: new Float64Array(edges.length - 1),
        confidence: new Float64Array(edges.length - 1),
        correct: new Float64Array(edges.length - 1),
      };
      index.forEach((bin, row) => {
        sums.mass[bin] = (sums.mass[bin] ?? 0) + 1;
        sums.confidence[bin] = (sums.confidence[bin] ?? 0) + (confidence[row] ?? 0);
        sums.correct[bin] = (sums.correct[bin] ?? 0) + (correct[row] ?? 0);
      });
      assert.ok(Math.abs(expectedCalibrationError(sums) - numbers.ece) < 1e-12);
      assert.ok(Math.abs(smoothEce(confidence, correct, null) - numbers.smoothEce) < 1e-6);
    });
});
