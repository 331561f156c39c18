/** Classifies ranges of a document and keeps the results. The commands and the hover share it. */
import type * as vscode from 'vscode';
import { classifyTexts } from '../app/classify';
import type { ManyRequests } from '../app/many-requests';
import type { Sources } from '../app/sources';
import { checkText, textProblem } from '../core/classifier/prompt';
import { boundsOf } from '../core/model/buckets';
import { sendsTexts, sourceNameText } from '../core/classifier/source-name';
import { hasSameTokenScores } from '../core/scoring/score-parts';
import { cancelledError, UserError } from '../core/user-error';
import { deviceInWords } from '../core/words/device';
import { estimateInWords } from '../core/words/estimate';
import { type Failed, isFailed, type SourceIdentity } from '../sources/source';
import { type Calibrators, explained } from './calibrators';
import type { Classifiers, UsableClassifier } from './classifiers';
import type { Dialogs } from './dialogs';
import { leftRaw, type ResultCalibration } from './result-calibration';
import type { ClassifiedText, NewResult, Results } from './results';
import type { Trigger } from './trigger';
import { bucketsFor, readSettings } from './settings';
import { TrackedPlaces } from './text-place';

/** Number of rows of the token table. */
const TOP_TOKENS = 20;

/**
 * Up to this number of texts get a token table at once. It takes longer than the score, so for more texts it is made on
 * request.
 */
const TOP_TOKENS_FOR_TEXTS = 8;

export interface ClassificationRequest {
  readonly document: vscode.TextDocument;
  /** Not empty; see pickRanges. */
  readonly ranges: readonly vscode.Range[];
  readonly trigger: Trigger;
  /** Name of the classifier; undefined for that of the settings. */
  readonly classifier?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** True for raw scores, even if the classifier names a calibrator. */
  readonly leaveRaw?: boolean | undefined;
  /**
   * Number of texts for whose requests the person is asked, where they are very many; 0 if the person has agreed;
   * undefined for the texts of this request.
   */
  readonly asksFor?: number | undefined;
  /** True if it is a further part of the last request, so that the result view stays where it is. */
  readonly continues?: boolean;
}

/** What became of the texts of a request. One that was edited meanwhile is in neither list. */
export interface ClassifiedRanges {
  /** In the order of the ranges. */
  readonly added: readonly ClassifiedText[];
  readonly failed: readonly FailedText[];
  /** How many texts the source was asked about. */
  readonly requested: number;
}

export interface FailedText extends Failed {
  /** Where it begins. Counts from 0. */
  readonly line: number;
}

/** A result that stands in no document. */
export type ClassifiedAlone = Omit<NewResult, 'place' | 'trigger'>;

export interface TextsOptions extends Pick<ClassificationRequest, 'asksFor' | 'leaveRaw' | 'signal'> {
  /** Document whose buckets count. */
  readonly scope: vscode.Uri;
  /** Rows of the token table; twenty if absent. */
  readonly topTokens?: number;
}

interface Parts {
  readonly sources: Sources;
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly results: Results;
  readonly calibration: ResultCalibration;
  readonly dialogs: Dialogs;
}

export class Classification {
  constructor(private readonly parts: Parts) {}

  /**
   * Classifies all ranges in one request.
   *
   * @returns in the order of the ranges
   * @throws UserError as `runAll`; `text-empty`, `text-binary` for a single text; `texts-failed` if some could not be classified: the results of the others are kept
   */
  async run(request: ClassificationRequest): Promise<readonly ClassifiedText[]> {
    const [only, ...others] = request.ranges;
    // Its own error has remedies of its own.
    if (only !== undefined && others.length === 0) checkText(request.document.getText(only));
    const { added, failed } = await this.runAll(request);
    const [first] = failed;
    if (first === undefined) return added;
    const total = request.ranges.length;
    throw new UserError(
      'texts-failed',
      total === 1
        ? first.reason
        : `${failed.length} of ${total} texts ${failed.length === 1 ? 'was' : 'were'} not classified. ${first.reason}`,
    );
  }

  /**
   * Classifies all ranges in one request, as far as they can be classified. A text that was edited meanwhile is dropped,
   * because its result would be about a text that no longer exists.
   *
   * @throws UserError as `classifyTexts` and `Classifiers.find`; `hover-elsewhere` if a hover would send a text to
   *   another machine; CalibratorError if the calibrator that the classifier names cannot be used
   */
  async runAll(request: ClassificationRequest): Promise<ClassifiedRanges> {
    const { document, ranges, trigger, signal, leaveRaw } = request;
    const { classifiers, results } = this.parts;
    const texts = ranges.map((range) => document.getText(range));
    const tracked = new TrackedPlaces(document, ranges);
    try {
      const entry = await classifiers.find(request.classifier ?? readSettings(document.uri).classifier);
      const { name, source } = entry.classifier;
      // A pointer may rest anywhere, so what it rests on never leaves this machine, and no question is asked.
      if (trigger === 'hover' && sendsTexts(source))
        throw new UserError(
          'hover-elsewhere',
          `The classifier "${name}" sends texts to ${sourceNameText(source)}. Hovering never does that.`,
        );
      // A text that no model can classify must not stop the others.
      const problems = texts.map(textProblem);
      const usable = texts.filter((_, index) => problems[index] === undefined);
      const classified =
        usable.length === 0
          ? []
          : await this.classify(entry, usable, {
              scope: document.uri,
              topTokens: trigger !== 'lines' && texts.length <= TOP_TOKENS_FOR_TEXTS ? TOP_TOKENS : 0,
              asksFor: request.asksFor,
              leaveRaw,
              signal,
            });
      const found: NewResult[] = [];
      const failed: FailedText[] = [];
      let next = 0;
      problems.forEach((problem, index) => {
        const outcome = problem === undefined ? classified[next++] : { reason: problem.message };
        const place = tracked.at(index);
        if (outcome === undefined || place === undefined || document.isClosed) return;
        if (isFailed(outcome)) failed.push({ ...outcome, line: place.range.start.line });
        else found.push({ ...outcome, place, trigger });
      });
      const added = found.length === 0 ? [] : results.add(document, found, request.continues);
      return { added, failed, requested: usable.length };
    } finally {
      tracked.dispose();
    }
  }

  /**
   * Classifies texts, wherever they are from, and keeps nothing.
   *
   * @returns in the order of the texts
   * @throws as `run`, without its own errors
   */
  async classify(
    entry: UsableClassifier,
    texts: readonly string[],
    options: TextsOptions,
  ): Promise<(ClassifiedAlone | Failed)[]> {
    const { scope, topTokens = TOP_TOKENS, asksFor = texts.length, signal } = options;
    const { calibrators, calibration, sources } = this.parts;
    const leaveRaw = options.leaveRaw === true;
    const { classifier } = entry;
    const buckets = bucketsFor(classifier, scope);
    const checked = leaveRaw ? undefined : await calibrators.checked(entry);
    const { results, identity, ...made } = await explained(checked?.all ?? [], classifier, () =>
      classifyTexts(sources, {
        classifier,
        texts,
        topTokens,
        calibrator: checked?.calibrator,
        buckets,
        beforeMany: asksFor === 0 ? undefined : this.askBeforeMany,
        textsInAll: asksFor,
        readsModel: false,
        signal,
      }),
    );
    if (signal?.aborted === true) throw cancelledError();
    const origin = calibration.originOf(classifier, identity, made.origin);
    const at = new Date();
    return results.map((result, index) => {
      if (isFailed(result)) return result;
      const { score, calibrated } = result;
      const shown = checked && calibrated ? calibration.shown(checked.all, calibrated, origin) : undefined;
      return {
        text: texts[index] ?? '',
        score,
        calibration: leaveRaw ? leftRaw(classifier) : shown,
        classifier: classifier.name,
        origin,
        bounds: boundsOf(buckets),
        isLeftRaw: leaveRaw,
        model: nameOf(identity),
        device: identity.device === null ? identity.inWords : deviceInWords(identity.device),
        ms: made.ms,
        batch: texts.length,
        at,
      };
    });
  }

  private readonly askBeforeMany = async ({ sendsTextsTo, estimate }: ManyRequests): Promise<void> => {
    const answer = await this.parts.dialogs.confirm(
      `Send ${Math.round(estimate.requests).toLocaleString('en-US')} requests to ${sendsTextsTo}?`,
      `This takes ${estimateInWords(estimate)}.`,
      ['Classify'],
    );
    if (answer !== 'Classify') throw cancelledError();
  };

  /** Adds the token table to a result that was made without it. */
  async addTokens(result: ClassifiedText, signal: AbortSignal): Promise<void> {
    const { classifier } = await this.parts.classifiers.find(result.classifier);
    const { results } = await classifyTexts(this.parts.sources, {
      classifier,
      texts: [result.text],
      topTokens: TOP_TOKENS,
      buckets: [],
      beforeMany: this.askBeforeMany,
      readsModel: false,
      signal,
    });
    const [again] = results;
    const score = again === undefined || isFailed(again) ? undefined : again.score;
    // Only the token table is taken. If classifier or model have changed since, the score is another one.
    if (score?.tokens === undefined || !hasSameTokenScores(score, result.score))
      throw new UserError(
        'result-outdated',
        'The classifier or the model changed since this text was classified. Classify it again to see its tokens.',
      );
    this.parts.results.replaceScore(result.id, { ...result.score, tokens: score.tokens });
  }
}

function nameOf({ modelFile, model, inWords }: SourceIdentity): string {
  const adapter = model?.kind === 'file' ? model.adapter : undefined;
  const name = modelFile?.file ?? model?.name ?? inWords;
  return adapter === undefined ? name : `${name} with the adapter ${adapter.name}`;
}
