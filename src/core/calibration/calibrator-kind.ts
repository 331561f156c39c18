/**
 * How a calibrator describes itself. Each is one object in one file of `calibrators/`, and `registry.ts` lists them;
 * everything else (saved form, recommendation, help, panel) reads these objects.
 *
 * `fit`, `apply` and the others are declared as methods because the compiler compares the parameters of methods both
 * ways: an object for one kind of fit may then stand among those for all kinds. Callers find it by the `kind` of the
 * fit that they have (`scalarKind`, `labelKind`), so that the two always match.
 */
import type * as z from 'zod';
import type { ErrorCode } from '../error-codes';
import { UserError } from '../user-error';
import type { CalibrateOn, LabelData, Warning } from '../model/predictions';
import type { BinarySample } from './sample';

/** What a fit may need besides rows with a known truth. */
export interface Need {
  /**
   * agreement: how often sampled answers gave each label, besides the token probabilities. shares: the expected share of
   * each label. neutral: the scores of neutral texts.
   */
  readonly what: 'agreement' | 'shares' | 'neutral';
  /** Code of the error if it is missing. */
  readonly code: ErrorCode;
  /** Message of that error. */
  readonly message: string;
}

/** The number of correct rows, and of wrong ones, that most calibrators should have. */
export const FEWEST_OUTCOMES = 20;

interface Kind<Fit extends { readonly kind: string }> {
  /** Its name on the command line and in files; its fits carry it as `kind`. */
  readonly id: Fit['kind'];
  /** The id in older files. */
  readonly formerId?: string;
  /** Its name for people; a sentence may begin with it. */
  readonly title: string;
  /** Its fits, as files hold them: plain data. */
  readonly schema: z.ZodType<Fit>;
  /** Null if it needs only rows with a known truth. */
  readonly needs: Need | null;
  /** The number of correct rows, and of wrong ones, that a fit should have. */
  readonly fewestOutcomes: number;
  /**
   * True if a fit gets more parameters with more rows: their number does not measure how simple it is, and the
   * recommendation takes it last.
   */
  readonly growsWithRows: boolean;
  /** A simpler calibrator without what this one needs: if this one is no better, the need is not worth its cost. */
  readonly comparedWith?: string;
}

/** A calibrator of one number: of a confidence, or of each label against the rest. */
export interface ScalarKind<Fit extends { readonly kind: string }> extends Kind<Fit> {
  readonly shape: 'scalar';
  /** True if it can be used, otherwise the reason, in a sentence. */
  readonly on: Readonly<Record<CalibrateOn, true | string>>;
  /** @throws UserError no-optimum */
  fit(sample: BinarySample): Fit;
  /** Log-odds in, log-odds out; ±Infinity for a probability of 1 or 0. */
  apply(fit: Fit, logOdds: number): number;
  /** Free parameters. */
  parameters(fit: Fit): number;
  /**
   * True where no two different log-odds come out equal or in the other order. Calibrators of all label scores have no
   * such promise: even a temperature changes the order of confidences, which depend on the other labels too.
   */
  monotone(fit: Fit): boolean;
  /** The fit that changes nothing. The first listed calibrator that has one stands for raw where a fit must be given. */
  identity?(): Fit;
}

/** A calibrator of the scores of all labels together. */
export interface LabelKind<Fit extends { readonly kind: string }> extends Kind<Fit> {
  readonly shape: 'labels';
  readonly on: { readonly labels: true; readonly confidence: string };
  /** Rows that it is fitted on: those with a known truth, all of them, or none (it looks at other texts). */
  readonly rows: 'labelled' | 'all' | 'none';
  /**
   * @param data at least one row, unless `rows` is none
   * @throws UserError no-optimum, and the code of `needs`
   */
  fit(data: LabelData, given: Given): Fit;
  /** Warnings about a fit that was requested explicitly. */
  warnings?(fit: Fit): Warning[];
  /** (n·K) calibrated scores, up to a constant for each row. */
  apply(fit: Fit, scores: Pick<LabelData, 'logProbs' | 'agreement'>, K: number): Float64Array;
  /** Free parameters. */
  parameters(fit: Fit, K: number): number;
  /** As that of a `ScalarKind`. */
  identity?(K: number): Fit;
  /** Its columns of K numbers, one for each label. */
  perLabel(fit: Fit): readonly (readonly number[])[];
}

/** What a fit may be given besides the rows. */
export interface Given {
  /** Seed of everything random in the fit; default 0. */
  readonly seed?: number | undefined;
  /** (m·K) scores of neutral inputs. */
  readonly neutral?: Float64Array | undefined;
  /** (K) the expected share of each label, in label order, or 'uniform' if that was stated explicitly. */
  readonly shares?: readonly number[] | 'uniform' | undefined;
}

/** @throws UserError the code of the need */
export function required<Value>(value: Value | undefined, { code, message }: Need): Value {
  if (value === undefined) throw new UserError(code, message);
  return value;
}
