/** Classifies ranges of a document and keeps the results. The commands and the hover share it. */
import type * as vscode from 'vscode';
import { classifyTexts } from '../app/classify';
import type { ManyRequests } from '../app/many-requests';
import type { Sources } from '../app/sources';
import { sendsTexts, sourceNameText } from '../core/classifier/source-name';
import { hasSameTokenScores } from '../core/scoring/score-parts';
import { cancelledError, UserError } from '../core/user-error';
import { deviceInWords } from '../core/words/device';
import { estimateInWords } from '../core/words/estimate';
import { isFailed, type SourceIdentity } from '../sources/source';
import { type Calibrators, explained } from './calibrators';
import type { Classifiers } from './classifiers';
import type { Dialogs } from './dialogs';
import { leftRaw, type ResultCalibration } from './result-calibration';
import { type ClassifiedText, type Results, TrackedRanges, type Trigger } from './results';
import { readBuckets, readSettings } from './settings';

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
  /** Whether the result view shows the first result; undefined means yes. */
  readonly show?: boolean;
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
   * Classifies all ranges in one request. A text that was edited meanwhile is dropped, because its result would be
   * about a text that no longer exists.
   *
   * @returns in the order of the ranges
   * @throws UserError as `classifyTexts` and `Classifiers.find`; `hover-elsewhere` if a hover would send a text to
   *   another machine; `texts-failed`; CalibratorError if the calibrator that the classifier names cannot be used
   */
  async run(request: ClassificationRequest): Promise<ClassifiedText[]> {
    const { document, ranges, trigger, signal } = request;
    const { classifiers, calibrators, results, calibration } = this.parts;
    const leaveRaw = request.leaveRaw === true;
    const { asksFor = ranges.length } = request;
    const texts = ranges.map((range) => document.getText(range));
    const tracked = new TrackedRanges(document, ranges);
    try {
      const entry = await classifiers.find(request.classifier ?? readSettings(document.uri).classifier);
      const { classifier } = entry;
      // A pointer may rest anywhere, so what it rests on never leaves this machine, and no question is asked.
      if (trigger === 'hover' && sendsTexts(classifier.source))
        throw new UserError(
          'hover-elsewhere',
          `The classifier "${classifier.name}" sends texts to ${sourceNameText(classifier.source)}. Hovering never does that.`,
        );
      const checked = leaveRaw ? undefined : await calibrators.checked(entry);
      const classified = await explained(checked?.named, classifier, () =>
        classifyTexts(this.parts.sources, {
          classifier,
          texts,
          topTokens: trigger !== 'lines' && texts.length <= TOP_TOKENS_FOR_TEXTS ? TOP_TOKENS : 0,
          calibrator: checked?.calibrator,
          buckets: classifier.buckets ?? readBuckets(document.uri).buckets,
          beforeMany: asksFor === 0 ? undefined : this.askBeforeMany,
          textsInAll: asksFor,
          readsModel: false,
          signal,
        }),
      );
      if (signal?.aborted === true) throw cancelledError();
      const { identity, ms } = classified;
      const origin = calibration.originOf(classifier, identity, classified.origin);
      const found = classified.results.flatMap((result, index) => {
        const range = tracked.at(index);
        const text = texts[index];
        if (isFailed(result) || range === undefined || text === undefined || document.isClosed) return [];
        const { score, calibrated } = result;
        const shown =
          checked && calibrated ? calibration.shown(checked.named, calibrated, origin) : undefined;
        return [{ range, text, score, calibration: leaveRaw ? leftRaw(classifier) : shown }];
      });
      const added = results.add(
        document,
        found.map((result) => ({
          ...result,
          classifier: classifier.name,
          origin,
          isLeftRaw: leaveRaw,
          model: nameOf(identity),
          device: identity.device === null ? identity.inWords : deviceInWords(identity.device),
          ms,
          batch: texts.length,
          trigger,
          at: new Date(),
        })),
        request.show,
      );
      const failed = classified.results.filter(isFailed);
      if (failed[0] !== undefined)
        throw new UserError(
          'texts-failed',
          texts.length === 1
            ? failed[0].reason
            : `${failed.length} of ${texts.length} texts were not classified. ${failed[0].reason}`,
        );
      return added;
    } finally {
      tracked.dispose();
    }
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
  return modelFile?.file ?? model?.name ?? inWords;
}
