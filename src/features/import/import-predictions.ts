/** Import Predictions…: the predictions of another tool become a table, which opens in the panel. */
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Origin, ReaderOptions } from '../../app/import/origin';
import { ORIGINS } from '../../app/import/origins';
import type { ImportedTable } from '../../app/thread-work';
import { type Label, labelsOf } from '../../core/classifier/definition';
import { spelledLabels } from '../../core/classifier/spellings';
import { UserError } from '../../core/user-error';
import { count } from '../../core/words/calibration';
import { labelNames } from '../../core/calibration/compatibility';
import { runInThread } from '../../editor/in-thread';
import { checkPlace } from '../../editor/place';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { isTrustedOrTold } from '../../editor/trust';
import { COMMANDS } from '../../protocol/manifest';
import { AS_IS } from '../../store/tables/csv-line';

type Asking = Pick<Services, 'dialogs' | 'classifiers' | 'log' | 'context'>;

const TITLE = 'Import Predictions';
const KINDS = { Predictions: ['jsonl', 'json', 'ndjson', 'parquet'] };

export function registerImport(services: Services): vscode.Disposable {
  return vscode.commands.registerCommand(COMMANDS.importPredictions, async (uri?: vscode.Uri) => {
    const why = 'A table of predictions is written into a workspace that you trust.';
    if (!(await isTrustedOrTold(services.dialogs, why))) return;
    try {
      await importFile(services, uri instanceof vscode.Uri ? uri : undefined);
    } catch (error) {
      await reportError(services, error);
    }
  });
}

/**
 * @throws UserError everything of `originOf`, `importPredictions` and `checkPlace`; not-on-disk
 * @internal
 */
export async function importFile(services: Asking, uri: vscode.Uri | undefined): Promise<void> {
  const { dialogs, context } = services;
  if (uri !== undefined && uri.scheme !== 'file')
    throw new UserError('not-on-disk', 'Only files on this machine can be imported.');
  const file = uri?.fsPath ?? (await dialogs.chooseFile(TITLE, KINDS));
  if (file === undefined) return;
  const seen = originNamed(await runInThread(context, 'originOf', file));
  const suggestion = path.join(path.dirname(file), `${path.parse(file).name}.csv`);
  const order: Order = { file, out: null, origin: seen, labels: null, run: null, join: null };
  await carryOut(services, order, suggestion);
}

interface Order extends ReaderOptions {
  readonly file: string;
  /** Null until it is asked for. */
  readonly out: string | null;
  readonly origin: Origin | null;
  readonly join: string | null;
}

/** Asks what is not known yet, writes the table, and says what was taken for what, which may be changed then. */
async function carryOut(services: Asking, asked: Order, suggestion: string): Promise<void> {
  const { dialogs } = services;
  const labels = asked.labels ?? (asked.origin?.needsLabels === true ? await chooseLabels(services) : null);
  if (asked.origin?.needsLabels === true && labels === null) return;
  const out = asked.out ?? (await dialogs.chooseNewFile(TITLE, suggestion, { Tables: ['csv'] }));
  if (out === undefined) return;
  const order = { ...asked, labels, out };
  await checkPlace(vscode.Uri.file(out));
  const report = await written(services, order);
  if ('runs' in report) {
    const run = await chooseRun(services, report.runs);
    return run === undefined ? undefined : carryOut(services, { ...order, run }, suggestion);
  }
  logDamage(services, order.file, report);
  const chosen = await dialogs.tell(report.damagedCount === 0 ? 'info' : 'warning', inWords(out, report), [
    'Open Calibration Panel',
    ...(order.join === null ? ['Join a Table…'] : []),
    'Read As…',
    ...(report.damagedCount === 0 ? [] : ['Show Log']),
  ]);
  if (chosen === 'Open Calibration Panel')
    await vscode.commands.executeCommand(COMMANDS.openCalibration, vscode.Uri.file(out));
  if (chosen === 'Show Log') await vscode.commands.executeCommand(COMMANDS.showLog);
  if (chosen === 'Join a Table…') {
    const join = await dialogs.chooseFile('The Table With Texts and True Labels', { Tables: ['csv'] });
    if (join !== undefined) await carryOut(services, { ...order, join }, suggestion);
  }
  if (chosen === 'Read As…') {
    const origin = await chooseOrigin(services, originNamed(report.origin));
    if (origin !== undefined) await carryOut(services, { ...order, origin, run: null }, suggestion);
  }
}

const severalRuns = z.object({ runs: z.array(z.string()).min(1) });

function originNamed(name: string | null): Origin | null {
  return ORIGINS.find((origin) => origin.name === name) ?? null;
}

async function written(
  { dialogs, context }: Asking,
  { file, out, origin, labels, run, join }: Order & { readonly out: string },
): Promise<ImportedTable | { readonly runs: readonly string[] }> {
  try {
    return await dialogs.progress(`Importing ${path.basename(file)}`, (report, signal) => {
      let shown = 0;
      const options = { origin: origin?.name ?? null, labels, run, join };
      return runInThread(
        context,
        'importPredictions',
        { file, out, options, style: AS_IS },
        {
          signal,
          onProgress: (records) => {
            if (records - shown < 10_000) return;
            shown = records;
            report(count(records, 'record'));
          },
        },
      );
    });
  } catch (error) {
    const several = error instanceof UserError ? severalRuns.safeParse(error.data).data : undefined;
    if (several !== undefined) return several;
    throw error;
  }
}

async function chooseRun({ dialogs }: Asking, runs: readonly string[]): Promise<string | undefined> {
  const chosen = await dialogs.choose({
    title: TITLE,
    placeholder: 'The file holds several runs of the same tests. Which one is the table to hold?',
    choices: runs.map((run) => ({ label: run, value: run })),
  });
  return chosen === 'back' ? undefined : chosen;
}

async function chooseOrigin({ dialogs }: Asking, current: Origin | null): Promise<Origin | undefined> {
  const chosen = await dialogs.choose({
    title: TITLE,
    placeholder: 'What the file holds',
    choices: ORIGINS.map((origin) => ({
      label: origin.title,
      detail: origin.holds,
      value: origin,
      active: origin === current,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}

/** The labels that answers are read for: those of a classifier, or as typed. */
async function chooseLabels({ dialogs, classifiers }: Asking): Promise<readonly Label[] | null> {
  const usable = (await classifiers.list()).flatMap((entry) =>
    entry.kind === 'invalid' ? [] : [entry.classifier],
  );
  const chosen = await dialogs.choose<readonly Label[] | 'typed'>({
    title: TITLE,
    placeholder: 'The file holds answers. Which labels are they?',
    choices: [
      ...usable.map((classifier) => ({
        icon: 'tag',
        label: labelNames(classifier).join(', '),
        description: classifier.name,
        value: labelsOf(classifier),
      })),
      { icon: 'edit', label: 'Type the labels…', value: 'typed' },
    ],
  });
  if (chosen === undefined || chosen === 'back') return null;
  if (chosen !== 'typed') return chosen;
  const typed = await dialogs.ask({
    title: TITLE,
    prompt: 'The labels, with commas between them',
    placeholder: 'yes, no',
    validate: (text) => {
      const names = namesIn(text);
      if (names.length < 2) return 'At least two labels are needed.';
      return new Set(names).size < names.length ? 'A label is there twice.' : undefined;
    },
  });
  if (typed === undefined || typed === 'back') return null;
  return spelledLabels(namesIn(typed.text));
}

function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function inWords(
  out: string,
  { rows, failed, origin, notes, damagedCount, damaged: [first] }: ImportedTable,
): string {
  const without = failed === 0 ? '' : ` ${count(failed, 'row')} have no score.`;
  const left =
    damagedCount === 0 || first === undefined
      ? ''
      : ` ${count(damagedCount, 'record')} could not be read and were left out; ${first.at} ${first.reason}.`;
  return `${path.basename(out)} has ${count(rows, 'row')} from ${originNamed(origin)?.title ?? origin}.${without}${left} ${notes.join(' ')}`;
}

function logDamage({ log }: Asking, file: string, { damaged, damagedCount }: ImportedTable): void {
  if (damagedCount === 0) return;
  log.warn(
    `${path.basename(file)}: ${count(damagedCount, 'record')} left out`,
    damaged.map(({ at, reason }) => `${at} ${reason}`).join('; '),
  );
}
