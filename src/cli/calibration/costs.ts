/**
 * Reads the file of --costs: the cost of a wrong automatic decision and of a review.
 */
import * as z from 'zod';
import type { Costs } from '../../core/decisions/costs';
import { UserError } from '../../core/user-error';
import { readSmall } from '../../store/read-regular';

const cost = z.number().min(0);
const schema = z.strictObject({
  /** Cost of a wrong decision: one number, or by true label and then predicted label. */
  wrong: z.union([cost, z.record(z.string(), z.record(z.string(), cost))]),
  review: cost,
});

/**
 * @param labels of the table; null for a table with a confidence alone
 * @throws UserError no-file, not-a-file, too-large, bad-costs
 */
export async function readCosts(file: string, labels: readonly string[] | null): Promise<Costs> {
  const parsed = schema.safeParse(await json(file));
  if (!parsed.success)
    throw new UserError(
      'bad-costs',
      `${file} must hold {"wrong": NUMBER, "review": NUMBER}, or for "wrong" {"TRUE LABEL": {"PREDICTED LABEL": NUMBER}}: ` +
        `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'invalid'}.`,
    );
  const { wrong, review } = parsed.data;
  if (typeof wrong === 'number') return { wrong, review };
  if (labels === null)
    throw new UserError(
      'bad-costs',
      `${file} has costs for pairs of labels. They need a table with a score for every label.`,
    );
  const pair = (truth: string, predicted: string) => {
    // A label may be called as something that every object has.
    const own = Object.hasOwn(wrong, truth) ? wrong[truth] : undefined;
    const given = own !== undefined && Object.hasOwn(own, predicted) ? own[predicted] : undefined;
    const found = truth === predicted ? 0 : given;
    if (found === undefined)
      throw new UserError(
        'bad-costs',
        `${file} lacks the cost of predicting "${predicted}" when "${truth}" is true.`,
      );
    return found;
  };
  return { wrong: labels.map((truth) => labels.map((predicted) => pair(truth, predicted))), review };
}

async function json(file: string): Promise<unknown> {
  const text = await readSmall(file);
  if (text === undefined) throw new UserError('no-file', `There is no file ${file}.`);
  try {
    return JSON.parse(text.toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError('bad-costs', `${file} is not JSON.`);
    throw error;
  }
}
