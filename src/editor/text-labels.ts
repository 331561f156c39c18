/**
 * Labels that a person gives to classified texts, one by one: in the labels file `texts-<classifier>` of the workspace.
 * The person chose these texts, and saw the model's answer, so that no estimate uses them.
 */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { savedAnswers } from '../app/labels/labelling';
import type { AnsweredRow, Decision } from '../core/labelling/decisions';
import type { TextAnswer } from '../protocol/result-page';
import { textSha256 } from '../store/labels';
import { type LabelPlace, labelPlaceNamed, saveDecisions } from './label-files';
import type { ClassifiedText } from './results';
import { readSettings } from './settings';

type Labelled = Pick<ClassifiedText, 'uri' | 'text' | 'classifier'>;

export class TextLabels implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** What each file said when it was read last, by the text's hash. */
  private readonly read = new Map<
    string,
    { readonly stamp: string; readonly answers: ReadonlyMap<string, AnsweredRow> }
  >();

  /** Fires when an answer was given. */
  readonly onDidChange = this.changed.event;

  dispose(): void {
    this.changed.dispose();
  }

  /**
   * What this person said about a text; null for nothing.
   *
   * @throws UserError what `savedAnswers` throws
   */
  async answerTo(result: Labelled): Promise<TextAnswer | null> {
    const place = placeOf(result);
    if (place === undefined) return null;
    const said = (await this.answersIn(place)).get(textSha256(result.text))?.saidBy.get(whoFor(result));
    if (said === undefined || said.kind === 'skip') return null;
    return said.kind === 'label' ? { label: said.label } : 'unsure';
  }

  /**
   * Writes an answer; it is on the disk when this returns.
   *
   * @param answer null takes the last one back
   * @throws UserError everything of `saveDecisions`
   */
  async say(result: Labelled, answer: TextAnswer | null): Promise<void> {
    const place = placeOf(result);
    const decision: Decision = {
      rowId: '',
      textSha256: textSha256(result.text),
      kind: answer === null ? 'undo' : answer === 'unsure' ? 'unsure' : 'label',
      label: answer === null || answer === 'unsure' ? '' : answer.label,
      design: '',
      selectedBy: 'user',
      probability: null,
      isBlind: false,
      who: whoFor(result),
      time: new Date().toISOString(),
    };
    await saveDecisions(place, [decision]);
    this.changed.fire();
  }

  private async answersIn({ file }: LabelPlace): Promise<ReadonlyMap<string, AnsweredRow>> {
    const found = await stat(file).catch(() => undefined);
    const stamp = `${found?.size} ${found?.mtimeMs}`;
    const known = this.read.get(file);
    if (known?.stamp === stamp) return known.answers;
    const saved = await savedAnswers(file);
    const answers = new Map(saved.answers.map((answer) => [answer.textSha256, answer]));
    this.read.set(file, { stamp, answers });
    return answers;
  }
}

function placeOf({ uri, classifier }: Labelled): LabelPlace | undefined {
  return labelPlaceNamed(uri, `texts-${classifier}`);
}

function whoFor({ uri }: Labelled): string {
  return readSettings(uri).labelsWho;
}
