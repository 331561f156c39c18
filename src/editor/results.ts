/** The results in the open documents. Decoration, hover and result view read them here. */
import { least } from '../core/extremes';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { Calibration } from '../core/calibration/calibrated-score';
import type { ScoreOrigin } from '../core/calibration/compatibility';
import type { Score } from '../core/scoring/score';
import { type LabelCounts, labelCounts } from '../core/words/many-results';
import type { Log } from './log';
import type { Trigger } from './trigger';
import { readStored, type StoredResult, storeResults, wakened } from './stored-results';
import {
  findAgain,
  isSamePlace,
  type LineSpan,
  movedPlace,
  placeOf,
  type TextPlace,
  touchedLines,
} from './text-place';

export interface ClassifiedText {
  /** Unique in this session. */
  readonly id: number;
  /** The command that it came from: those of one command have the same number, later ones a higher. */
  readonly run: number;
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
  /** Where the classifier's buckets begin. No figure is rounded over them. */
  readonly bounds: readonly number[];
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

/** A result before it has a place among the others. */
export type NewResult = Omit<ClassifiedText, 'id' | 'run' | 'uri' | 'range'> & { readonly place: TextPlace };

export interface ResultOrigin extends ScoreOrigin {
  /** Absolute path; empty if the model is not on this machine. */
  readonly modelPath: string;
}

/** Results listed in the history; the oldest go first. */
const HISTORY_LIMIT = 200;

/** Largest number of results kept in all documents: enough for a file classified line by line. */
const LIVE_LIMIT = 20_000;

/** Parts of lines that are looked for after an edit; whole lines are found however many they are. */
const PARTS_LIMIT = 200;

/** Milliseconds before changed results are stored: they change with every key. */
const STORE_AFTER_MS = 1000;

/**
 * live: the classified text is still in the document. replaced: it is, but it was classified again. edited: the text is
 * no longer there.
 */
export type ResultStatus = 'live' | 'replaced' | 'edited';

export interface HistoryEntry {
  readonly result: ClassifiedText;
  readonly status: ResultStatus;
}

interface Entry {
  readonly result: ClassifiedText;
  /** Where the text is, or was last. */
  readonly place: TextPlace;
  /** False after an edit, until the text is identical again. */
  readonly isThere: boolean;
  readonly isReplaced: boolean;
}

/** What Clear took away, for Undo. It follows edits as the others do. */
interface Cleared {
  entries: readonly Entry[];
  readonly asleep: readonly StoredResult[];
}

export interface Clearing {
  /** How many results are gone. */
  readonly count: number;
  /** Brings them back. */
  readonly undo: () => void;
  /** Call it when nobody can undo it any more. */
  readonly forget: () => void;
}

export class Results implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly restored = new vscode.EventEmitter<void>();
  private readonly subscriptions: readonly { dispose(): unknown }[];
  private nextId = 1;
  private lastRun = 0;
  /** All results, newest last. Those that are not live stay in the history only. */
  private all: readonly Entry[] = [];
  private sleeping: readonly StoredResult[] | undefined;
  private readonly cleared = new Set<Cleared>();
  private shownId: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.changed.event;
  /** Fires when results of an earlier session are back: their calibrators may have changed. */
  readonly onDidRestore = this.restored.event;

  /** @param memory of the workspace. It holds numbers and places, never a text. */
  constructor(
    private readonly memory: vscode.Memento,
    private readonly log: Pick<Log, 'warn'>,
  ) {
    // Once those listen who are told what is back.
    const immediate = setImmediate(() => this.lookEverywhere());
    this.subscriptions = [
      { dispose: () => clearImmediate(immediate) },
      this.changed,
      this.restored,
      vscode.workspace.onDidChangeTextDocument((event) => this.follow(event)),
      vscode.workspace.onDidOpenTextDocument((document) => this.look(document)),
      this.changed.event(() => {
        this.timer ??= setTimeout(() => void this.store(), STORE_AFTER_MS);
      }),
    ];
  }

  /** Those of an earlier session whose texts were not seen yet. */
  private get asleep(): readonly StoredResult[] {
    return (this.sleeping ??= readStored(this.memory));
  }

  /** Those of the last command first, each command's in the order of its texts; edited ones included. */
  get history(): readonly HistoryEntry[] {
    return this.all
      .toSorted((a, b) => b.result.run - a.result.run)
      .slice(0, HISTORY_LIMIT)
      .map((entry) => ({ result: entry.result, status: statusOf(entry) }));
  }

  /** The result that the result view shows: the requested one, else the newest. */
  get shown(): ClassifiedText | undefined {
    return this.get(this.shownId) ?? this.history[0]?.result;
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
      .filter((entry) => statusOf(entry) === 'live' && isHere(entry))
      .map((entry) => entry.result);
  }

  /** The newest one at a position. */
  at(uri: vscode.Uri, position: vscode.Position): ClassifiedText | undefined {
    return this.in(uri).findLast((result) => result.range.contains(position));
  }

  status(id: number): ResultStatus | undefined {
    const found = this.all.find((entry) => entry.result.id === id);
    return found && statusOf(found);
  }

  /** How many results of a command have each label as it is shown, the most frequent first. */
  labelsOf(run: number): LabelCounts {
    return labelCounts(this.all.flatMap(({ result }) => (result.run === run ? [result] : [])));
  }

  /**
   * Adds results; older ones that overlap them leave the document.
   *
   * @param results a result whose text is no longer at its place goes into the history only
   * @param continues true if they belong to the same command as the last ones; else the result view shows the first
   */
  add(document: vscode.TextDocument, results: readonly NewResult[], continues = false): ClassifiedText[] {
    // Later than those of every earlier session.
    if (!continues) this.lastRun = Math.max(this.lastRun + 1, Date.now());
    const added = results.map(({ place, ...result }): Entry => ({
      result: { ...result, range: place.range, uri: document.uri, id: this.nextId++, run: this.lastRun },
      place,
      isThere: document.getText(place.range) === result.text,
      isReplaced: false,
    }));
    this.all = [...replacedBy(added, this.all), ...added].slice(-LIVE_LIMIT);
    if (!continues) this.shownId = added[0]?.result.id ?? this.shownId;
    this.changed.fire();
    return added.map(({ result }) => result);
  }

  /** Replaces the score of a result by one of the same text that has a token table. */
  replaceScore(id: number, score: Score): void {
    this.all = this.all.map((entry) =>
      entry.result.id === id ? { ...entry, result: { ...entry.result, score } } : entry,
    );
    this.changed.fire();
  }

  /** Replaces calibrations and bounds. Undefined leaves a result as it is. */
  recalibrate(
    change: (result: ClassifiedText) => Pick<ClassifiedText, 'origin' | 'calibration' | 'bounds'> | undefined,
  ): void {
    const changed = this.all.map((entry) => {
      const now = change(entry.result);
      if (now === undefined) return entry;
      const { calibration, bounds } = entry.result;
      if (isDeepStrictEqual([now.calibration, now.bounds], [calibration, bounds])) return entry;
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

  /** Takes away one result, or all of them; undefined where there is none. */
  clear(id?: number): Clearing | undefined {
    const isKept = ({ result }: Entry): boolean => id !== undefined && result.id !== id;
    const cleared: Cleared = {
      entries: this.all.filter((entry) => !isKept(entry)),
      asleep: id === undefined ? this.asleep : [],
    };
    const count = cleared.entries.length + cleared.asleep.length;
    if (count === 0) return undefined;
    this.cleared.add(cleared);
    this.all = this.all.filter(isKept);
    if (id === undefined) this.sleeping = [];
    this.changed.fire();
    return { count, undo: () => this.undo(cleared), forget: () => void this.cleared.delete(cleared) };
  }

  private undo(cleared: Cleared): void {
    if (!this.cleared.delete(cleared)) return;
    this.all = [...replacedBy(this.all, cleared.entries), ...this.all];
    this.sleeping = [...cleared.asleep, ...this.asleep];
    this.lookEverywhere();
    this.changed.fire();
    this.restored.fire();
  }

  /** Stores the results for the next session. Settles when they are stored. */
  async store(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      const live = this.all.filter((entry) => statusOf(entry) === 'live');
      await storeResults(this.memory, [...this.asleep, ...live]);
    } catch (error) {
      this.log.warn('The results could not be stored.', error);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Follows an edit: a text that it changes loses its result, one after it moves, one that is identical again has it back. */
  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    const firstLine = least(contentChanges.map((change) => change.range.start.line));
    this.update(document, touchedLines(contentChanges), ({ place }) =>
      place.range.end.line < firstLine ? place : movedPlace(document, place, contentChanges),
    );
  }

  private lookEverywhere(): void {
    for (const document of vscode.workspace.textDocuments) this.look(document);
  }

  /** A document that is opened may have been changed since its results were made. */
  private look(document: vscode.TextDocument): void {
    const woken = this.wake(document);
    this.update(document, [{ first: 0, last: document.lineCount - 1 }], ({ place }) => {
      const now = placeOf(document, document.validateRange(place.range));
      return isSamePlace(place, now) ? { ...now, isWhole: place.isWhole } : undefined;
    });
    if (woken) this.restored.fire();
  }

  /** Takes the results of an earlier session whose texts are in a document. */
  private wake(document: vscode.TextDocument): boolean {
    const uri = document.uri.toString();
    const here = this.asleep.filter(({ request }) => request.uri === uri);
    if (here.length === 0) return false;
    const { found, missing } = wakened(document, here);
    if (found.length === 0) return false;
    this.sleeping = [...this.asleep.filter(({ request }) => request.uri !== uri), ...missing];
    const entries = found.map(({ place, ...result }): Entry => ({
      result: { ...result, range: place.range, uri: document.uri, id: this.nextId++ },
      place,
      isThere: true,
      isReplaced: false,
    }));
    // Before those of this session, which may be about the same texts.
    this.all = [...replacedBy(this.all, entries), ...this.all].slice(-LIVE_LIMIT);
    this.changed.fire();
    return true;
  }

  /** @param moved where the text of a result is now, if it is there */
  private update(
    document: vscode.TextDocument,
    spans: readonly LineSpan[],
    moved: (entry: Entry) => TextPlace | undefined,
  ): void {
    const isHere = sameUri(document.uri);
    const updated = (entries: readonly Entry[]): readonly Entry[] => {
      const followed = entries.map((entry) => {
        if (!entry.isThere || !isHere(entry)) return entry;
        const place = moved(entry);
        if (place === entry.place) return entry;
        // The text itself decides, whatever the computed range is.
        return place !== undefined && document.getText(place.range) === entry.result.text
          ? placed(entry, place)
          : { ...entry, isThere: false };
      });
      return withRevived(document, followed, isHere, spans);
    };
    for (const cleared of this.cleared) cleared.entries = updated(cleared.entries);
    const all = updated(this.all);
    if (all.every((entry, index) => entry === this.all[index])) return;
    this.all = all;
    this.changed.fire();
  }
}

function statusOf({ isThere, isReplaced }: Entry): ResultStatus {
  if (!isThere) return 'edited';
  return isReplaced ? 'replaced' : 'live';
}

function placed(entry: Entry, place: TextPlace): Entry {
  const isSame = entry.isThere && isSamePlace(entry.place, place) && place.range.isEqual(entry.place.range);
  return isSame ? entry : { ...entry, isThere: true, place, result: { ...entry.result, range: place.range } };
}

/** Older entries, those marked that newer ones overlap. */
function replacedBy(newer: readonly Entry[], older: readonly Entry[]): readonly Entry[] {
  const live = newer.filter((entry) => statusOf(entry) === 'live');
  if (live.length === 0) return older;
  const byUri = grouped(live, ({ result }) => result.uri.toString());
  return older.map((entry) =>
    statusOf(entry) === 'live' &&
    byUri.get(entry.result.uri.toString())?.some(({ result }) => overlap(result, entry.result)) === true
      ? { ...entry, isReplaced: true }
      : entry,
  );
}

/** Entries, those back at a place whose text is in these lines again. The newest comes back where several could. */
function withRevived(
  document: vscode.TextDocument,
  entries: readonly Entry[],
  isHere: (entry: Entry) => boolean,
  spans: readonly LineSpan[],
): readonly Entry[] {
  const gone = entries.filter((entry) => !entry.isThere && !entry.isReplaced && isHere(entry));
  if (gone.length === 0) return entries;
  const taken = new Set<number>();
  const take = ({ start, end }: vscode.Range): void => {
    for (let line = start.line; line <= end.line; line++) taken.add(line);
  };
  const live = entries.filter((entry) => statusOf(entry) === 'live' && isHere(entry));
  for (const { place } of live) take(place.range);
  const back = new Map<Entry, TextPlace>();
  const isLine = ({ place }: Entry): boolean => place.isWhole && place.range.isSingleLine;

  const byText = grouped(gone.filter(isLine), ({ result }) => result.text);
  for (const { first, last } of byText.size === 0 ? [] : spans)
    for (let line = first; line <= Math.min(last, document.lineCount - 1); line++) {
      const { text } = document.lineAt(line);
      const same = byText.get(text.trim());
      const entry = same === undefined || taken.has(line) ? undefined : nearest(same, line);
      if (same === undefined || entry === undefined) continue;
      same.splice(same.indexOf(entry), 1);
      const start = text.length - text.trimStart().length;
      const range = new vscode.Range(line, start, line, start + entry.result.text.length);
      back.set(entry, placeOf(document, range));
      take(range);
    }

  const parts = gone
    .filter((entry) => !isLine(entry))
    .slice(-PARTS_LIMIT)
    .reverse();
  for (const entry of parts)
    for (const span of spans) {
      const place = findAgain(document, entry.result.text, entry.place, span);
      const isFree =
        place !== undefined &&
        ![...live.map((other) => other.place), ...back.values()].some((other) => overlap(other, place));
      if (!isFree) continue;
      back.set(entry, place);
      break;
    }
  if (back.size === 0) return entries;
  return entries.map((entry) => {
    const place = back.get(entry);
    return place === undefined ? entry : placed(entry, { ...place, isWhole: entry.place.isWhole });
  });
}

/** The entry that was nearest to a line; the newest of several. */
function nearest(entries: readonly Entry[], line: number): Entry | undefined {
  const distance = ({ place }: Entry): number => Math.abs(place.range.start.line - line);
  return entries.reduce<Entry | undefined>(
    (best, entry) => (best === undefined || distance(entry) <= distance(best) ? entry : best),
    undefined,
  );
}

function overlap(a: { readonly range: vscode.Range }, b: { readonly range: vscode.Range }): boolean {
  const common = a.range.intersection(b.range);
  return common !== undefined && !common.isEmpty;
}

function grouped(entries: readonly Entry[], keyOf: (entry: Entry) => string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function sameUri(uri: vscode.Uri): (entry: Entry) => boolean {
  const wanted = uri.toString();
  return ({ result }) => result.uri.toString() === wanted;
}
