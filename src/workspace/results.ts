/** What was classified where in the open documents: one place that decoration, hover and result view read. */
import * as vscode from 'vscode';
import type { Score } from '../core/scoring/score';

export interface ClassifiedText {
  /** Unique in this session. */
  readonly id: number;
  readonly uri: vscode.Uri;
  /** Where the text is now; moved along when text before it is edited. */
  readonly range: vscode.Range;
  readonly text: string;
  readonly classifier: string;
  readonly score: Score;
  /** File name of the model. */
  readonly model: string;
  /** Device that did it, in words: "CPU, 2 threads" or "NVIDIA …, 33 of 33 layers". */
  readonly device: string;
  readonly ms: number;
  readonly at: Date;
}

/** Results kept for the history; the oldest go first. */
const HISTORY_LIMIT = 200;

export class Results implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscription = vscode.workspace.onDidChangeTextDocument((event) => this.follow(event));
  private nextId = 1;
  /** Newest last. Those whose text was edited stay in the history, but no longer in the document. */
  private all: { result: ClassifiedText; live: boolean }[] = [];

  readonly onDidChange = this.changed.event;

  /** Newest first, edited ones included. */
  get history(): readonly ClassifiedText[] {
    return this.all.map((entry) => entry.result).reverse();
  }

  /** Those whose text still stands in this document as it was classified. */
  in(uri: vscode.Uri): readonly ClassifiedText[] {
    return this.all
      .filter((entry) => entry.live && entry.result.uri.toString() === uri.toString())
      .map((entry) => entry.result);
  }

  /** The newest one at a position. */
  at(uri: vscode.Uri, position: vscode.Position): ClassifiedText | undefined {
    return this.in(uri).findLast((result) => result.range.contains(position));
  }

  isLive(id: number): boolean {
    return this.all.some((entry) => entry.live && entry.result.id === id);
  }

  /** Adds results; an older one of the same place and classifier makes room. */
  add(results: readonly Omit<ClassifiedText, 'id'>[]): ClassifiedText[] {
    const added = results.map((result) => ({ ...result, id: this.nextId++ }));
    for (const result of added)
      for (const entry of this.all)
        if (
          entry.live &&
          entry.result.uri.toString() === result.uri.toString() &&
          entry.result.range.intersection(result.range) !== undefined &&
          !entry.result.range.intersection(result.range)?.isEmpty
        )
          entry.live = false;
    this.all = [...this.all, ...added.map((result) => ({ result, live: true }))].slice(-HISTORY_LIMIT);
    this.changed.fire();
    return added;
  }

  clear(): void {
    this.all = [];
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
    this.subscription.dispose();
  }

  /** An edit inside a classified text ends its result; an edit before it moves it along. */
  private follow(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length === 0) return;
    const uri = event.document.uri.toString();
    let touched = false;
    for (const entry of this.all) {
      if (!entry.live || entry.result.uri.toString() !== uri) continue;
      const moved = moveRange(entry.result.range, event.contentChanges);
      // Whatever the arithmetic says, the text itself decides.
      if (moved === undefined || event.document.getText(moved) !== entry.result.text) entry.live = false;
      else if (!moved.isEqual(entry.result.range)) entry.result = { ...entry.result, range: moved };
      touched = true;
    }
    if (touched) this.changed.fire();
  }
}

/** Where a range is after edits outside of it, or undefined where an edit reaches into it. */
export function moveRange(
  range: vscode.Range,
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): vscode.Range | undefined {
  let { start, end } = range;
  // Changes are given from the end of the document to its beginning, so each leaves the earlier ones in place.
  for (const change of changes) {
    if (change.range.start.isAfterOrEqual(end)) continue;
    if (change.range.end.isAfter(start)) return undefined;
    const lines = change.text.split('\n');
    const removedLines = change.range.end.line - change.range.start.line;
    const lineDelta = lines.length - 1 - removedLines;
    const shift = (position: vscode.Position): vscode.Position => {
      if (position.line !== change.range.end.line) return position.translate(lineDelta);
      const last = lines.at(-1) ?? '';
      const base = lines.length === 1 ? change.range.start.character + last.length : last.length;
      return new vscode.Position(
        position.line + lineDelta,
        base + position.character - change.range.end.character,
      );
    };
    start = shift(start);
    end = shift(end);
  }
  return new vscode.Range(start, end);
}
