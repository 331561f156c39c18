/**
 * Where a classified text stands, and between what. A result is about its text and no other: a text that is all of its
 * lines is another one once something is added to them, and a part of a line once something is joined to its ends.
 */
import * as vscode from 'vscode';
import { moveRange, type TextRange } from '../core/text-ranges';

/** Characters that are remembered on either side of a part of a line, to find it again. */
const BESIDE = 40;

export interface TextPlace {
  readonly range: vscode.Range;
  /** True if the text is all of its lines, without the white space at their ends. */
  readonly isWhole: boolean;
  /** What stands beside it in its lines: at most 40 characters. */
  readonly before: string;
  readonly after: string;
}

export function placeOf(document: vscode.TextDocument, range: vscode.Range): TextPlace {
  const { start, end } = range;
  const first = document.lineAt(start.line).text;
  const last = document.lineAt(end.line).text;
  return {
    range,
    isWhole: !/\S/u.test(first.slice(0, start.character)) && !/\S/u.test(last.slice(end.character)),
    before: first.slice(Math.max(0, start.character - BESIDE), start.character),
    after: last.slice(end.character, end.character + BESIDE),
  };
}

/** Whether a text at a place is still the text that it was: the text itself is not compared. */
export function isSamePlace(place: TextPlace, now: TextPlace): boolean {
  return place.isWhole ? now.isWhole : place.before === now.before && place.after === now.after;
}

/**
 * The place after an edit; undefined if the edit reaches into it, adds to its lines, or joins something to its ends.
 *
 * @param document as the edit left it
 */
export function movedPlace(
  document: vscode.TextDocument,
  place: TextPlace,
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): TextPlace | undefined {
  const moved = moveRange(place.range, changes);
  if (moved === undefined) return undefined;
  const now = placeOf(document, rangeOf(moved));
  const isSame = place.isWhole
    ? now.isWhole
    : !isJoined(place.before.at(-1), now.before.at(-1)) && !isJoined(place.after[0], now.after[0]);
  return isSame ? { ...now, isWhole: place.isWhole } : undefined;
}

function isJoined(before: string | undefined, now: string | undefined): boolean {
  return now !== undefined && now !== before && now.trim() !== '';
}

/** Lines that an edit left or made, both ends included. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** The lines that an edit changed, as they are numbered after it. */
export function touchedLines(changes: readonly vscode.TextDocumentContentChangeEvent[]): LineSpan[] {
  let added = 0;
  return changes
    .toSorted((a, b) => a.range.start.compareTo(b.range.start))
    .map(({ range, text }) => {
      const first = range.start.line + added;
      const lines = text.split(/\r\n|\r|\n/).length - 1;
      added += lines - (range.end.line - range.start.line);
      return { first, last: first + lines };
    });
}

/** Finds a text at a place like its old one, in lines that an edit changed; undefined if it is not there. */
export function findAgain(
  document: vscode.TextDocument,
  text: string,
  place: TextPlace,
  { first, last }: LineSpan,
): TextPlace | undefined {
  const lines = place.range.end.line - place.range.start.line;
  const from = new vscode.Position(Math.max(0, first - lines), 0);
  const to = document.lineAt(Math.min(document.lineCount - 1, last + lines)).range.end;
  const searched = document.getText(new vscode.Range(from, to));
  const offset = document.offsetAt(from);
  let at = searched.indexOf(text);
  for (let tries = 0; at >= 0 && tries < MOST_TRIES; tries++) {
    const start = document.positionAt(offset + at);
    const now = placeOf(document, new vscode.Range(start, document.positionAt(offset + at + text.length)));
    if (isSamePlace(place, now)) return now;
    at = searched.indexOf(text, at + 1);
  }
  return undefined;
}

/** Places that are looked at for one text: a letter may occur a million times. */
const MOST_TRIES = 1000;

/** The places of texts in a document, which follow its edits while long work runs. */
export class TrackedPlaces implements vscode.Disposable {
  private places: readonly (TextPlace | undefined)[];
  private readonly subscription: vscode.Disposable;

  constructor(document: vscode.TextDocument, ranges: readonly vscode.Range[]) {
    this.places = ranges.map((range) => placeOf(document, range));
    this.subscription = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document) return;
      this.places = this.places.map((place) => place && movedPlace(document, place, event.contentChanges));
    });
  }

  /** Undefined if an edit changed the text. */
  at(index: number): TextPlace | undefined {
    return this.places[index];
  }

  /** The ranges of the texts that are left, by their index from `first` to before `end`. */
  between(first: number, end: number): vscode.Range[] {
    return this.places.slice(first, end).flatMap((place) => (place === undefined ? [] : [place.range]));
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

/** Converts plain positions to a range of the editor. */
export function rangeOf({ start, end }: TextRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
