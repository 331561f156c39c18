/** The results in the open documents. Decoration, hover and result view read them here. */
import { least } from '../core/extremes';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { Calibration } from '../core/calibration/calibrated-score';
import type { ScoreOrigin } from '../core/calibration/compatibility';
import type { Score } from '../core/scoring/score';
import { moveRange, type TextRange } from '../core/text-ranges';

/** What caused the classification. It is shown unless it was a selection. */
export type Trigger = 'selection' | 'line' | 'lines' | 'hover';

export interface ClassifiedText {
  /** Unique in this session. */
  readonly id: number;
  readonly uri: vscode.Uri;
  /** Where the text is now. It moves when text before it is edited. */
  readonly range: vscode.Range;
  readonly text: string;
  readonly classifier: string;
  readonly score: Score;
  /** Where the score comes from. A calibrator must match it. */
  readonly origin: ResultOrigin;
  /** The score after the calibrator that the classifier names; undefined if it names none. */
  readonly calibration: Calibration | undefined;
  /** True if the person chose to continue without that calibrator. */
  readonly isLeftRaw: boolean;
  /** File name of the model; the model's name if it is not on this machine. */
  readonly model: string;
  /** What computed it, in words: "CPU, 2 threads", "NVIDIA …, 33 of 33 layers", "qwen3 at http://localhost:8000/v1". */
  readonly device: string;
  /** Milliseconds that the request took, and its number of texts. */
  readonly ms: number;
  readonly batch: number;
  readonly trigger: Trigger;
  readonly at: Date;
}

export interface ResultOrigin extends ScoreOrigin {
  /** Absolute path; empty if the model is not on this machine. */
  readonly modelPath: string;
}

/** Results listed in the history; the oldest go first. */
const HISTORY_LIMIT = 200;

/** Largest number of results kept in all documents: enough for a file classified line by line. */
const LIVE_LIMIT = 20_000;

/**
 * live: the classified text is still in the document. replaced: it is, but it was classified again. edited: the text is
 * no longer there.
 */
export type ResultStatus = 'live' | 'replaced' | 'edited';

export interface HistoryEntry {
  readonly result: ClassifiedText;
  readonly status: ResultStatus;
}

export class Results implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscription = vscode.workspace.onDidChangeTextDocument((event) => this.follow(event));
  private nextId = 1;
  /** All results, newest last. Those that are not live stay in the history only. */
  private all: readonly HistoryEntry[] = [];
  private shownId: number | undefined;

  readonly onDidChange = this.changed.event;

  /** Newest first, edited ones included. */
  get history(): readonly HistoryEntry[] {
    return this.all.slice(-HISTORY_LIMIT).reverse();
  }

  /** The result that the result view shows: the requested one, else the newest. */
  get shown(): ClassifiedText | undefined {
    return this.get(this.shownId) ?? this.all.at(-1)?.result;
  }

  show(id: number): void {
    this.shownId = id;
    this.changed.fire();
  }

  get(id: number | undefined): ClassifiedText | undefined {
    return this.all.find((entry) => entry.result.id === id)?.result;
  }

  /** The live results of a document. */
  in(uri: vscode.Uri): readonly ClassifiedText[] {
    const isHere = sameUri(uri);
    return this.all
      .filter((entry) => entry.status === 'live' && isHere(entry.result.uri))
      .map((entry) => entry.result);
  }

  /** The newest one at a position. */
  at(uri: vscode.Uri, position: vscode.Position): ClassifiedText | undefined {
    return this.in(uri).findLast((result) => result.range.contains(position));
  }

  status(id: number): ResultStatus | undefined {
    return this.all.find((entry) => entry.result.id === id)?.status;
  }

  /**
   * Adds results; older ones that overlap them leave the document.
   *
   * @param results a result whose text is no longer at its range goes into the history only
   * @param show whether the result view is to show the first of them
   */
  add(
    document: vscode.TextDocument,
    results: readonly Omit<ClassifiedText, 'id' | 'uri'>[],
    show = true,
  ): ClassifiedText[] {
    const added = results.map((result) => ({ ...result, uri: document.uri, id: this.nextId++ }));
    const isHere = sameUri(document.uri);
    this.all = [
      ...this.all.map((entry) =>
        entry.status === 'live' &&
        isHere(entry.result.uri) &&
        added.some((result) => overlap(result, entry.result))
          ? { ...entry, status: 'replaced' as const }
          : entry,
      ),
      ...added.map((result) => ({
        result,
        status: document.getText(result.range) === result.text ? ('live' as const) : ('edited' as const),
      })),
    ].slice(-LIVE_LIMIT);
    if (show) this.shownId = added[0]?.id ?? this.shownId;
    this.changed.fire();
    return added;
  }

  /** Replaces the score of a result by one of the same text that has a token table. */
  replaceScore(id: number, score: Score): void {
    this.all = this.all.map((entry) =>
      entry.result.id === id ? { ...entry, result: { ...entry.result, score } } : entry,
    );
    this.changed.fire();
  }

  /** Replaces calibrations. Undefined leaves a result as it is. */
  recalibrate(
    change: (result: ClassifiedText) => Pick<ClassifiedText, 'origin' | 'calibration'> | undefined,
  ): void {
    const changed = this.all.map((entry) => {
      const now = change(entry.result);
      if (now === undefined || isDeepStrictEqual(now.calibration, entry.result.calibration)) return entry;
      return { ...entry, result: { ...entry.result, ...now } };
    });
    if (changed.every((entry, index) => entry === this.all[index])) return;
    this.all = changed;
    this.changed.fire();
  }

  /** Names of the classifiers of all results. */
  get classifiers(): ReadonlySet<string> {
    return new Set(this.all.map(({ result }) => result.classifier));
  }

  remove(id: number): void {
    this.all = this.all.filter((entry) => entry.result.id !== id);
    this.changed.fire();
  }

  clear(): void {
    this.all = [];
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
    this.subscription.dispose();
  }

  /** Follows an edit: inside a classified text it ends the result, before it it moves the result. */
  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    const isHere = sameUri(document.uri);
    const firstLine = least(contentChanges.map((change) => change.range.start.line));
    const followed = this.all.map((entry) => {
      const { result, status } = entry;
      if (status === 'edited' || !isHere(result.uri) || result.range.end.line < firstLine) return entry;
      const moved = movedRange(result.range, contentChanges);
      // The text itself decides, whatever the computed range is.
      const isThere = moved !== undefined && document.getText(moved) === result.text;
      if (isThere && moved.isEqual(result.range)) return entry;
      return isThere
        ? { result: { ...result, range: moved }, status }
        : { result, status: 'edited' as const };
    });
    if (followed.every((entry, index) => entry === this.all[index])) return;
    this.all = followed;
    this.changed.fire();
  }
}

/** Ranges of a document that follow its edits while long work runs. */
export class TrackedRanges implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  /** @param ranges undefined for a range that an edit changed */
  constructor(
    document: vscode.TextDocument,
    private ranges: readonly (vscode.Range | undefined)[],
  ) {
    this.subscription = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document) return;
      this.ranges = this.ranges.map((range) => range && movedRange(range, event.contentChanges));
    });
  }

  at(index: number): vscode.Range | undefined {
    return this.ranges[index];
  }

  /** The remaining ranges, by their index from `first` to before `end`. */
  between(first: number, end: number): vscode.Range[] {
    return this.ranges.slice(first, end).filter((range) => range !== undefined);
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

/** Converts plain positions to a range of the editor. */
export function rangeOf({ start, end }: TextRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

function movedRange(
  range: vscode.Range,
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): vscode.Range | undefined {
  const moved = moveRange(range, changes);
  return moved === undefined ? undefined : rangeOf(moved);
}

function overlap(a: { readonly range: vscode.Range }, b: { readonly range: vscode.Range }): boolean {
  const common = a.range.intersection(b.range);
  return common !== undefined && !common.isEmpty;
}

function sameUri(uri: vscode.Uri): (other: vscode.Uri) => boolean {
  const wanted = uri.toString();
  return (other) => other.toString() === wanted;
}
