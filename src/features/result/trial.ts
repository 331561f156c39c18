/** Try It: a classifier file as it is in the editor, saved or not, on a text that a person types. */
import * as vscode from 'vscode';
import { parseClassifier } from '../../core/classifier/definition';
import { type SourceName, sendsTexts, sourceNameText } from '../../core/classifier/source-name';
import { visibleName } from '../../core/encode';
import { UserError } from '../../core/user-error';
import type { TrialState } from '../../protocol/result-page';
import type { ClassifiedAlone } from '../../editor/classification';
import type { UsableClassifier } from '../../editor/classifiers';
import { openDocument } from '../../editor/open-document';
import { readSmallFile } from '../../editor/read-small';
import type { Services } from '../../editor/services';
import { showPromptOf } from '../../editor/show-prompt';
import { isFailed } from '../../sources/source';
import { detailOf } from './page-state';

/** Milliseconds after the last key before a text is classified again. */
const TYPING_PAUSE_MS = 500;

/** Longest text that is tried: longer ones are for a file. */
const LONGEST_TEXT = 100_000;

let trials = 0;

export class Trial implements vscode.Disposable {
  private readonly id = ++trials;
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private running: AbortController | undefined;
  private problem: string | null = null;
  private result: ClassifiedAlone | null = null;
  private sendsTo: string | null = null;
  private isOutdated = false;

  /**
   * @param uri of the classifier file
   * @param text to begin with
   * @param changed called after every change of `state`
   */
  constructor(
    private readonly services: Services,
    readonly uri: vscode.Uri,
    private text: string,
    private readonly changed: () => void,
  ) {
    this.subscription = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && document.uri.toString() === uri.toString())
        this.tryAgain(TYPING_PAUSE_MS);
    });
    this.tryAgain(0);
  }

  get state(): TrialState {
    return {
      id: this.id,
      file: visibleName(vscode.workspace.asRelativePath(this.uri)),
      text: this.text,
      sendsTextsTo: this.sendsTo,
      problem: this.problem,
      isOutdated: this.isOutdated,
      result: this.result === null ? null : detailOf(this.result, -this.id, ''),
    };
  }

  setText(text: string): void {
    this.text = text;
    this.tryAgain(TYPING_PAUSE_MS);
  }

  /** Classifies now, also where the text leaves this machine: the person has asked for it. */
  now(): void {
    this.start(true);
  }

  /**
   * Shows what the model gets for the text by the file as it is in the editor. Nothing is sent to another machine.
   *
   * @throws UserError as `showPromptOf`; where the file is broken
   */
  async showPrompt(): Promise<void> {
    const { classifier } = await this.read();
    await showPromptOf(this.services, classifier, this.text);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.subscription.dispose();
  }

  private tryAgain(afterMs: number): void {
    clearTimeout(this.timer);
    this.running?.abort();
    if (!this.isOutdated) {
      this.isOutdated = true;
      this.changed();
    }
    this.timer = setTimeout(() => this.start(false), afterMs);
  }

  private start(isAsked: boolean): void {
    clearTimeout(this.timer);
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.classify(isAsked, running.signal)
      .then((result) => {
        if (!running.signal.aborted) this.show(result, null);
      })
      .catch((error: unknown) => {
        // What was cancelled is not shown again: the text or the file has changed, or the person has left.
        if (running.signal.aborted || (error instanceof UserError && error.code === 'cancelled')) return;
        this.show(null, error instanceof Error ? error.message : String(error));
        if (!(error instanceof UserError)) this.services.log.error('Try It', error);
      });
  }

  private show(result: ClassifiedAlone | null, problem: string | null): void {
    this.result = result;
    this.problem = problem;
    this.isOutdated = false;
    this.changed();
  }

  /** @returns null where there is nothing to classify, or where nobody asked for it yet */
  private async classify(isAsked: boolean, signal: AbortSignal): Promise<ClassifiedAlone | null> {
    const { classification, work, engineModels } = this.services;
    const entry = await this.read();
    const { name, source } = entry.classifier;
    this.sendsTo = sendsTexts(source) ? sourceOf(source) : null;
    if (signal.aborted || this.text.trim() === '') return null;
    if (this.sendsTo !== null && !isAsked) return null;
    if (this.text.length > LONGEST_TEXT)
      throw new UserError(
        'text-too-long',
        'This text is too long to try. Put it into a file and classify it there.',
      );
    const { text, uri } = this;
    const classify = (until: AbortSignal): ReturnType<typeof classification.classify> =>
      classification.classify(entry, [text], { scope: uri, signal: until });
    // A notification at every pause would be in the way; one while a model loads is not.
    const isQuick = this.sendsTo === null && engineModels.engine.state.kind === 'ready';
    const [result] = isQuick
      ? await classify(signal)
      : await work.run(`Trying ${name}`, (handle) => classify(AbortSignal.any([signal, handle.signal])));
    if (result === undefined) return null;
    if (isFailed(result)) throw new UserError('texts-failed', result.reason);
    return result;
  }

  /** The text in the editor, else that of the file. */
  private async read(): Promise<UsableClassifier> {
    const { uri } = this;
    const json = openDocument(uri)?.getText() ?? new TextDecoder().decode(await readSmallFile(uri));
    const file = uri.path.split('/').at(-1) ?? '';
    return { kind: 'file', uri, classifier: parseClassifier(json, file) };
  }
}

function sourceOf(source: SourceName): string {
  return visibleName(sourceNameText(source));
}
