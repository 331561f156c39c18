/** Classifies texts: scores each one and applies the classifier's calibrator. */
import type { Calibration } from '../core/calibration/calibrated-score';
import type { Compatibility, ScoreOrigin } from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import { checkText } from '../core/classifier/prompt';
import type { Bucket } from '../core/model/buckets';
import type { Warning } from '../core/model/predictions';
import type { Score } from '../core/scoring/score';
import type { ContextShape } from '../protocol/engine';
import { scoreTexts } from '../sources/score-texts';
import { type Failed, isFailed, type SourceIdentity } from '../sources/source';
import { timed } from '../sources/timed';
import { boundPrompt } from '../store/prompt-hash';
import type { ScoreCalibrator } from './classifier-calibrator';
import { type BeforeMany, manyRequests } from './many-requests';
import { type Sources, verifiedIdentity } from './sources';

export interface ClassifyRequest {
  readonly classifier: Classifier;
  readonly texts: readonly string[];
  /** Rows of the token table, 0 for none. */
  readonly topTokens: number;
  /** Undefined for raw scores. */
  readonly calibrator?: ScoreCalibrator | undefined;
  /** Buckets for calibrated confidences. */
  readonly buckets: readonly Bucket[];
  /** Seed of the sampled answers. */
  readonly seed?: number | undefined;
  /** Called where a model elsewhere gets more requests than a person expects; absent if the person has agreed. */
  readonly beforeMany?: BeforeMany | undefined;
  /** Texts that the person wants classified altogether, if this request is for a part of them. */
  readonly textsInAll?: number | undefined;
  /** Whether to read the model file if its SHA-256, which the calibrator is compared with, is unknown. */
  readonly readsModel: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Classified {
  readonly score: Score;
  /** Undefined without a calibrator. */
  readonly calibrated:
    { readonly compatibility: Compatibility; readonly calibration: Calibration } | undefined;
}

export interface ClassifiedTexts {
  /** One for each text, in order. */
  readonly results: readonly (Classified | Failed)[];
  readonly identity: SourceIdentity;
  readonly origin: ScoreOrigin;
  /** Null if the source does not report it. */
  readonly shape: ContextShape | null;
  /** Milliseconds of the request, loading not included. */
  readonly ms: number;
  /** What is doubtful about the calibrator. */
  readonly warnings: readonly Warning[];
}

/**
 * One request for all texts.
 *
 * @throws UserError for a text that cannot be classified (before any is); what `beforeMany` throws; everything of `Sources.with` and
 *   `ScoreCalibrator.check`; what the source throws
 */
export async function classifyTexts(sources: Sources, request: ClassifyRequest): Promise<ClassifiedTexts> {
  const { classifier, texts, calibrator, buckets, signal, textsInAll = texts.length } = request;
  for (const text of texts) checkText(text);
  calibrator?.checkBefore();
  return sources.with(classifier, signal, async (source) => {
    const many = request.beforeMany && manyRequests(source, classifier, texts, textsInAll);
    if (many !== undefined) await request.beforeMany?.(many);
    const identity = await (request.readsModel ? verifiedIdentity(source, signal) : source.identity(signal));
    const { model, backend } = identity;
    calibrator?.checkBefore({ model, backend });
    const [{ scores, shape }, seconds] = await timed(() => scoreTexts(source, classifier, texts, request));
    const origin: ScoreOrigin = { model, backend, ...boundPrompt(classifier, shape) };
    const first = scores.find((score): score is Score => !isFailed(score));
    const warnings = (first && calibrator?.check(origin, first)) ?? [];
    const results = scores.map((score) =>
      isFailed(score) ? score : { score, calibrated: calibrator?.calibrate(origin, score, buckets) },
    );
    return { results, identity, origin, shape, ms: seconds * 1000, warnings };
  });
}
