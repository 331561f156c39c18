/**
 * Shows problems of classifier files in the editor and the Problems panel, whether they are open or not. What the
 * editor's own JSON support has marked in an open file is not marked again.
 */
import * as vscode from 'vscode';
import { editorText } from '../../core/encode';
import { diagnoseClassifier, type LocatedProblem } from '../../core/classifier/diagnose';
import { jsonPositions, type Span } from '../../core/json-positions';
import { isClassifierFile } from '../../editor/classifier-folder';
import { openDocument } from '../../editor/open-document';
import { readSmallFile } from '../../editor/read-small';
import type { Services } from '../../editor/services';
import { calibratorProblem } from './calibrator-problems';

/** Milliseconds after the last key before a file is checked. */
const TYPING_PAUSE_MS = 300;

export class ClassifierDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('promptConfidence');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** The ranges that the JSON support marked last, by file. */
  private readonly marks = new Map<string, string>();
  private readonly subscriptions: { dispose(): unknown }[];
  private state: 'idle' | 'checking' | 'again' = 'idle';
  private isDisposed = false;

  constructor(
    private readonly services: Pick<Services, 'classifiers' | 'calibrators' | 'engineModels' | 'log'>,
  ) {
    this.subscriptions = [
      this.collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.check(document)),
      vscode.workspace.onDidSaveTextDocument((document) => this.check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.checkSoon(document)),
      vscode.workspace.onDidCloseTextDocument(() => this.checkFiles()),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => this.checkMarked(uris)),
      services.classifiers.onDidChange(() => this.checkFiles()),
      services.calibrators.onDidChange(() => this.checkFiles()),
    ];
    this.checkFiles();
  }

  dispose(): void {
    this.isDisposed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Checks files again whose marks of the JSON support are others now. */
  private checkMarked(uris: readonly vscode.Uri[]): void {
    for (const uri of uris.filter(isClassifierFile)) {
      const key = uri.toString();
      const marks = JSON.stringify(jsonMarks(uri).map(({ range }) => range));
      if (marks === (this.marks.get(key) ?? '[]')) continue;
      this.marks.set(key, marks);
      const document = openDocument(uri);
      if (document !== undefined) this.check(document);
    }
  }

  private checkSoon(document: vscode.TextDocument): void {
    if (!isClassifierFile(document.uri)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.check(document);
      }, TYPING_PAUSE_MS),
    );
  }

  /** Checks the text in the editor, saved or not. */
  private check(document: vscode.TextDocument): void {
    if (document.isClosed || !isClassifierFile(document.uri)) return;
    const { uri, version } = document;
    const text = document.getText();
    const own = diagnosticsOf(text, jsonMarks(uri));
    this.collection.set(uri, own);
    if (own.some(isError)) return;
    this.calibratorDiagnostics(uri, text)
      .then((found) => {
        if (!document.isClosed && document.version === version) this.collection.set(uri, [...own, ...found]);
      })
      .catch((error: unknown) => this.services.log.warn('diagnostics', error));
  }

  /** Checks the calibrator, which is in another file. */
  private async calibratorDiagnostics(uri: vscode.Uri, text: string): Promise<vscode.Diagnostic[]> {
    // Files of an untrusted workspace are left alone.
    if (!vscode.workspace.isTrusted) return [];
    const problem = await calibratorProblem(this.services, uri, text);
    return problem === undefined ? [] : diagnosticsAt(text, [{ ...problem, span: calibratorSpan(text) }]);
  }

  /** One check at a time; what changes meanwhile is checked after it. */
  private checkFiles(): void {
    if (this.state !== 'idle') {
      this.state = 'again';
      return;
    }
    this.state = 'checking';
    void this.checkAll()
      .catch((error: unknown) => this.services.log.warn('diagnostics', error))
      .then(() => {
        const isOutdated = this.state === 'again';
        this.state = 'idle';
        if (isOutdated && !this.isDisposed) this.checkFiles();
      });
  }

  private async checkAll(): Promise<void> {
    const entries = await this.services.classifiers.list();
    const open = vscode.workspace.textDocuments.filter(
      (document) => !document.isClosed && isClassifierFile(document.uri),
    );
    const isOpen = (uri: vscode.Uri): boolean =>
      open.some((document) => document.uri.toString() === uri.toString());
    const closed = entries.flatMap((entry) =>
      entry.kind !== 'builtin' && !isOpen(entry.uri) ? [entry.uri] : [],
    );
    const found: (readonly [vscode.Uri, vscode.Diagnostic[]])[] = [];
    for (const uri of closed) {
      const text = await readText(uri);
      const own = diagnosticsOf(text, []);
      found.push([uri, own.some(isError) ? own : [...own, ...(await this.calibratorDiagnostics(uri, text))]]);
    }
    if (this.isDisposed) return;
    // Set together, after everything was read: files that were deleted or corrected lose their marks.
    this.collection.clear();
    for (const [uri, diagnostics] of found) this.collection.set(uri, diagnostics);
    for (const document of open) this.check(document);
  }
}

async function readText(uri: vscode.Uri): Promise<string> {
  try {
    return new TextDecoder().decode(await readSmallFile(uri));
  } catch {
    return ''; // not readable: no JSON, which the mark at its beginning says
  }
}

/** What the editor's JSON support says about a file: broken syntax, and values that the schema does not allow. */
function jsonMarks(uri: vscode.Uri): vscode.Diagnostic[] {
  // It signs what is wrong with the syntax, and not what the schema does not allow.
  const ofJson = new Set([undefined, 'json', 'jsonc']);
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => ofJson.has(source));
}

function isError({ severity }: vscode.Diagnostic): boolean {
  return severity === vscode.DiagnosticSeverity.Error;
}

/** @param marked by the JSON support */
function diagnosticsOf(text: string, marked: readonly vscode.Diagnostic[]): vscode.Diagnostic[] {
  const problems = diagnoseClassifier(text);
  // The two parsers do not stop at the same character.
  if (marked.length > 0 && problems.some(({ kind }) => kind === 'syntax')) return [];
  const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
  const severity = { syntax: error, field: error, placeholder: warning };
  return diagnosticsAt(
    text,
    problems.map((problem) => ({ ...problem, severity: severity[problem.kind] })),
  ).filter(({ range }) => !marked.some((mark) => mark.range.intersection(range) !== undefined));
}

function calibratorSpan(text: string): Span {
  const positions = jsonPositions(text);
  return positions.ok ? positions.find(['calibrator']) : positions.span;
}

function diagnosticsAt(
  text: string,
  problems: readonly (Pick<LocatedProblem, 'span' | 'message'> & {
    readonly severity: vscode.DiagnosticSeverity;
  })[],
): vscode.Diagnostic[] {
  if (problems.length === 0) return [];
  const position = positionsIn(text);
  return problems.map(({ span, message, severity }) => {
    const diagnostic = new vscode.Diagnostic(
      new vscode.Range(position(span.start), position(span.end)),
      editorText(message),
      severity,
    );
    diagnostic.source = 'Prompt Confidence';
    return diagnostic;
  });
}

/** Converts offsets to positions, with every line ending that the editor knows. */
function positionsIn(text: string): (offset: number) => vscode.Position {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((found) => found.index + found[0].length)];
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return new vscode.Position(line, offset - (starts[line] ?? 0));
  };
}
