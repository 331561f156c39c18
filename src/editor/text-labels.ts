/**
 * Labels that a person gives to classified texts, one by one: in the labels file `texts-<classifier>` of the workspace.
 * The person chose these texts, and saw the model's answer, so that no estimate uses them.
 */
import * as vscode from 'vscode';
import { savedAnswers } from '../app/labels/labelling';
import type { AnsweredRow, Decision } from '../core/labelling/decisions';
import type { TextAnswer } from '../protocol/result-page';
import { textSha256 } from '../store/labels';
import { type LabelPlace, labelPlaceNamed, saveDecisions } from './label-files';
import type { Log } from './log';
import type { ClassifiedText } from './results';
import { readSettings } from './settings';

type Labelled = Pick<ClassifiedText, 'uri' | 'text' | 'classifier'>;

export class TextLabels implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** What a file said when it was read last, by its path, by the text's hash. */
  private readonly read = new Map<string, ReadonlyMap<string, AnsweredRow>>();
  private readonly reading = new Set<string>();

  /** Fires when answers were read or given. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly log: Log) {}

  dispose(): void {
    this.changed.dispose();
  }

  /** What this person said about a text, as far as it was read; the first call reads it. */
  answerTo(result: Labelled): TextAnswer | null {
    const place = placeOf(result);
    if (place === undefined) return null;
    const known = this.read.get(place.file);
    if (known === undefined) {
      void this.load(place).catch((error: unknown) => this.log.debug('labels of texts', error));
      return null;
    }
    const said = known.get(textSha256(result.text))?.saidBy.get(whoFor(result));
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
    if (place !== undefined) await this.load(place);
  }

  private async load({ file }: LabelPlace): Promise<void> {
    if (this.reading.has(file)) return;
    this.reading.add(file);
    try {
      const { answers } = await savedAnswers(file);
      this.read.set(file, new Map(answers.map((answer) => [answer.textSha256, answer])));
    } finally {
      this.reading.delete(file);
    }
    this.changed.fire();
  }
}

function placeOf({ uri, classifier }: Labelled): LabelPlace | undefined {
  return labelPlaceNamed(uri, `texts-${classifier}`);
}

function whoFor({ uri }: Labelled): string {
  return readSettings(uri).labelsWho;
}
