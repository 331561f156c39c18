/** Save Results as Table…: the classified texts of a file become a scored table, which opens in the panel. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { writeResults } from '../../app/results-table';
import { confidenceMethodOf } from '../../core/scoring/score-parts';
import { count } from '../../core/words/calibration';
import { checkPlace } from '../../editor/place';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';
import { isTrustedOrTold } from '../../editor/trust';
import { COMMANDS } from '../../protocol/manifest';
import { explainingWrite } from '../../store/explain-write';

const TITLE = 'Save Results as Table';

/** @throws UserError everything of `checkPlace` and `writeResults` */
export async function saveResults(services: Services, editor: vscode.TextEditor | undefined): Promise<void> {
  const { results, dialogs } = services;
  const parts = editor === undefined ? [] : partsOf(results.in(editor.document.uri));
  if (editor === undefined || parts.length === 0) {
    await dialogs.tell('info', 'No text of this file is classified yet. Run Classify Lines of File first.');
    return;
  }
  if (!(await isTrustedOrTold(dialogs, 'A table is written into a workspace that you trust.'))) return;
  const part = await choosePart(services, parts);
  if (part === undefined) return;
  const { uri } = editor.document;
  const folder =
    uri.scheme === 'file'
      ? path.dirname(uri.fsPath)
      : (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '');
  const name = path.posix.basename(uri.path, path.posix.extname(uri.path));
  const suggestion = path.join(folder, `${name}-${part[0].classifier}.csv`);
  const out = await dialogs.chooseNewFile(TITLE, suggestion, { Tables: ['csv'] });
  if (out === undefined) return;
  await checkPlace(vscode.Uri.file(out));
  const rows = part
    .toSorted((a, b) => a.range.start.compareTo(b.range.start))
    .map(({ range, text, score }) => ({ line: range.start.line + 1, text, score }));
  await explainingWrite(out, () => writeResults(out, rows, part[0].origin));
  await vscode.commands.executeCommand(COMMANDS.openCalibration, vscode.Uri.file(out));
}

type Part = readonly [ClassifiedText, ...ClassifiedText[]];

/** Results that one table can hold: of one classifier, model, prompt and way of scoring; the most texts first. */
function partsOf(results: readonly ClassifiedText[]): Part[] {
  const parts: [ClassifiedText, ...ClassifiedText[]][] = [];
  for (const result of results) {
    const own = parts.find(([first]) => isDeepStrictEqual(keyOf(first), keyOf(result)));
    if (own === undefined) parts.push([result]);
    else own.push(result);
  }
  return parts.sort((one, other) => other.length - one.length);
}

function keyOf({ classifier, score, origin }: ClassifiedText): unknown {
  return [classifier, confidenceMethodOf(score), score.labels.map(({ label }) => label), origin];
}

async function choosePart({ dialogs }: Services, parts: readonly Part[]): Promise<Part | undefined> {
  const [only, more] = parts;
  if (more === undefined) return only;
  const chosen = await dialogs.choose({
    title: TITLE,
    placeholder: 'A table holds the results of one classifier and model',
    choices: parts.map((part) => ({
      label: part[0].classifier,
      description: `${count(part.length, 'text')}, ${part[0].model}`,
      value: part,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}
