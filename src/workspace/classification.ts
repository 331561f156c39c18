/** Classifies places of a document and keeps the results: what the commands and the hover share. */
import type * as vscode from 'vscode';
import { sourceNameText } from '../core/classifier/source-name';
import { deviceInWords } from '../core/words/device';
import { UserError } from '../core/user-error';
import type { Classifiers } from './classifiers';
import type { ResultCalibration } from './result-calibration';
import { TrackedRanges, type ClassifiedText, type Origin, type Results } from './results';
import type { Scorer, Scoring } from './scoring';
import { readSettings } from './settings';

/** Rows of the token table. */
const TOP_TOKENS = 20;

/** The token table of a text takes longer than its score: beyond so many texts it is left to be asked for. */
const TOP_TOKENS_FOR_TEXTS = 8;

export interface ClassificationRequest {
  readonly document: vscode.TextDocument;
  /** Not empty; see pickRanges. */
  readonly ranges: readonly vscode.Range[];
  readonly origin: Origin;
  /** Name of the classifier; the one of the settings where undefined. */
  readonly classifier?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Raw scores, whatever calibrator the classifier names. */
  readonly leaveRaw?: boolean | undefined;
  /** Whether the result view turns to the first of them; it does where undefined. */
  readonly show?: boolean;
}

export class Classification {
  constructor(
    private readonly scoring: Scoring,
    private readonly classifiers: Classifiers,
    private readonly results: Results,
    private readonly calibration: ResultCalibration,
  ) {}

  /**
   * One request for all ranges. A text that was edited meanwhile is dropped: its result would be about something
   * that is not there.
   *
   * @returns in the order of the ranges
   * @throws UserError as Scoring.score and Classifiers.get do; `hover-elsewhere` where the origin is a hover and the
   *   classifier's source is not the engine; CalibratorError where the calibrator that the classifier
   *   names cannot be used
   */
  async run(request: ClassificationRequest): Promise<ClassifiedText[]> {
    const { document, ranges, origin, signal } = request;
    const texts = ranges.map((range) => document.getText(range));
    const tracked = new TrackedRanges(document, ranges);
    try {
      const entry = await this.classifiers.find(request.classifier ?? readSettings(document.uri).classifier);
      const { classifier } = entry;
      // The pointer rests anywhere: what it rests on does not leave this machine, and nobody is asked whether it may.
      if (origin === 'hover' && classifier.source.kind !== 'engine')
        throw new UserError(
          'hover-elsewhere',
          `The classifier "${classifier.name}" sends texts to ${sourceNameText(classifier.source)}, which hovering alone never does.`,
        );
      const calibrate = await this.calibration.prepare(entry, request.leaveRaw === true);
      const { scores, failure, scorer, ms } = await this.scoring.score(classifier, texts, {
        topTokens: origin !== 'lines' && texts.length <= TOP_TOKENS_FOR_TEXTS ? TOP_TOKENS : 0,
        ...(signal === undefined ? {} : { signal }),
      });
      if (signal?.aborted === true) throw new UserError('cancelled', 'Cancelled.');
      const scoredBy = this.calibration.originOf(classifier, scorer);
      const calibrations = scores.map((score) => score && calibrate(document.uri, score, scoredBy));
      const found = scores.flatMap((score, index) => {
        const range = tracked.at(index);
        const text = texts[index];
        if (score === null || range === undefined || text === undefined || document.isClosed) return [];
        return [{ range, text, score, calibration: calibrations[index] ?? undefined }];
      });
      const added = this.results.add(
        document,
        found.map((entry) => ({
          ...entry,
          classifier: classifier.name,
          scoredBy,
          isLeftRaw: request.leaveRaw === true,
          ...scorerInWords(scorer),
          ms,
          batch: texts.length,
          origin,
          at: new Date(),
        })),
        request.show,
      );
      if (failure !== undefined)
        throw new UserError(
          'texts-failed',
          scores.length === 1
            ? failure
            : `${scores.filter((score) => score === null).length} of ${scores.length} texts were not classified. ${failure}`,
        );
      return added;
    } finally {
      tracked.dispose();
    }
  }

  /** Adds the token table to a result that was made without it. */
  async addTokens(result: ClassifiedText, signal: AbortSignal): Promise<void> {
    const classifier = await this.classifiers.get(result.classifier);
    const { scores } = await this.scoring.score(classifier, [result.text], { topTokens: TOP_TOKENS, signal });
    const tokens = scores[0]?.tokens;
    // Only the table is taken: classifier or model may have changed since, and then the score is another one.
    if (tokens !== undefined && scores[0]?.labelMass === result.score.labelMass)
      this.results.replaceScore(result.id, { ...result.score, tokens });
    else
      throw new UserError(
        'result-outdated',
        'The classifier or the model changed since this text was classified. Classify it again to see its tokens.',
      );
  }
}

function scorerInWords(scorer: Scorer): { readonly model: string; readonly device: string } {
  if (scorer.kind === 'engine')
    return { model: scorer.model.file, device: deviceInWords(scorer.info.device) };
  const { model, inWords } = scorer.origin;
  return { model: model.name, device: inWords };
}
