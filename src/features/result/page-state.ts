/** Makes the state that is sent to the page of the result view. */
import type * as vscode from 'vscode';
import { headline, needsNote } from '../../core/words/calibrated-score';
import { dominanceInWords, type LabelCounts, labelsInWords } from '../../core/words/many-results';
import { excerpt, isDoubtful } from '../../core/words/score';
import {
  SHOWN_TEXT_LIMIT,
  type PageState,
  type ResultDetail,
  type TrialState,
} from '../../protocol/result-page';
import type { ClassifiedAlone } from '../../editor/classification';
import type { ClassifiedText, Results } from '../../editor/results';
import type { Trigger } from '../../editor/trigger';

const EXCERPT_LIMIT = 80;

/** Why a text was classified. */
const NOTES: Partial<Record<Trigger, string>> = {
  line: 'Nothing was selected: this is the line of the cursor.',
  hover: 'Classified when the pointer rested on the selection.',
};

/**
 * @param said what the person said about the text that is shown
 * @param trial the classifier that is tried, if there is one
 * @param relativePath gives the name of a document for people
 */
export function pageState(
  results: Results,
  said: ResultDetail['said'],
  trial: TrialState | undefined,
  busy: string | undefined,
  hasModel: boolean,
  relativePath: (uri: vscode.Uri) => string,
): PageState {
  const { shown } = results;
  return {
    trial: trial ?? null,
    result: shown === undefined ? null : { ...detail(shown, results, relativePath), said },
    history: results.history.map(({ result, status }) => ({
      id: result.id,
      excerpt: excerpt(result.text, EXCERPT_LIMIT),
      place: place(result, relativePath),
      status,
      ...headline(result),
      ...(result.calibration?.kind === 'calibrated' ? { bucket: result.calibration.score.bucket } : {}),
      doubtful: isDoubtful(result.score) || needsNote(result.calibration),
    })),
    busy: busy ?? null,
    hasModel,
  };
}

function detail(
  result: ClassifiedText,
  results: Results,
  relativePath: (uri: vscode.Uri) => string,
): ResultDetail {
  const note = noteOn(result, results.labelsOf(result.run));
  return {
    ...detailOf(result, result.id, place(result, relativePath)),
    status: results.status(result.id) ?? 'edited',
    ...(note === undefined ? {} : { note }),
  };
}

/** A result as the page shows it, wherever its text is from. */
export function detailOf(result: ClassifiedAlone, id: number, shownPlace: string): ResultDetail {
  return {
    id,
    said: null,
    text: cutAt(result.text, SHOWN_TEXT_LIMIT),
    textCut: result.text.length > SHOWN_TEXT_LIMIT,
    place: shownPlace,
    status: 'live',
    classifier: result.classifier,
    model: result.model,
    device: result.device,
    ms: result.ms,
    batch: result.batch,
    at: result.at.toISOString(),
    score: result.score,
    bounds: result.bounds,
    ...(result.calibration === undefined ? {} : { calibration: result.calibration }),
  };
}

function noteOn({ trigger, score }: ClassifiedText, counts: LabelCounts): string | undefined {
  const texts = counts.reduce((sum, [, results]) => sum + results, 0);
  const dominance = score.mode === 'multi-label' ? undefined : dominanceInWords(counts);
  const notes = [
    ...(NOTES[trigger] === undefined ? [] : [NOTES[trigger]]),
    ...(texts > 1 ? [`Classified together: ${labelsInWords(counts)}.`] : []),
    ...(dominance === undefined ? [] : [dominance]),
  ];
  return notes.length === 0 ? undefined : notes.join(' ');
}

function place(result: ClassifiedText, relativePath: (uri: vscode.Uri) => string): string {
  return `${relativePath(result.uri)}, line ${result.range.start.line + 1}`;
}

/** Cuts a text, but not inside a character of two units. */
function cutAt(text: string, limit: number): string {
  const end = text.length > limit && /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return text.slice(0, end);
}
