/**
 * Tables that a closed window, a crash or the command line left half scored: found when the extension is activated.
 * They do not activate it: VS Code would search every workspace for them at its start.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import {
  discardUnfinished,
  readUnfinished,
  STATE_SUFFIX,
  sweepEnded,
  whileAlone,
  type Unfinished,
} from '../../store/tables/scored-file';
import type { Services } from '../../workspace/services';
import { howFar, choiceOf, type ScoreRuns } from './score-runs';

/** More notifications than this at once nobody reads; Score CSV… finds the others. */
const AT_ONCE = 3;

/** Offers to go on with what is there and nobody else works on. */
export async function offerUnfinished(services: Services, runs: ScoreRuns): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  const states = await vscode.workspace.findFiles(`**/*${STATE_SUFFIX}`, undefined, AT_ONCE);
  const outs = states
    .filter(({ scheme }) => scheme === 'file')
    .map(({ fsPath }) => fsPath.slice(0, -STATE_SUFFIX.length));
  await Promise.all(outs.map((out) => offer(services, runs, out)));
}

async function offer({ prompts }: Services, runs: ScoreRuns, out: string): Promise<void> {
  const unfinished = await leftAlone(out);
  if (unfinished === undefined) return;
  const { run, source } = unfinished;
  const answer = await prompts.tell(
    'info',
    `${path.basename(out)} is not finished: ${howFar(unfinished)} are scored.`,
    ['Resume', 'Discard'],
  );
  if (answer === 'Resume') await runs.run(choiceOf(out, source, run));
  if (answer === 'Discard') await whileAlone(out, () => discardUnfinished(out));
}

/** The unfinished run towards a file; undefined while another window or a command line works on it. */
async function leftAlone(out: string): Promise<Unfinished | undefined> {
  try {
    return await whileAlone(out, async () => {
      await sweepEnded(out);
      return readUnfinished(out);
    });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
