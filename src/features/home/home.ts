/** The Home view: everything that there is here to work with, and what runs. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { argumentOf } from '../../editor/argument';
import { discardJob, type JobEntry } from '../../editor/job-controls';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { COMMANDS } from '../../protocol/manifest';
import type { HomeTree } from './home-tree';

/** @param tree shown in the Home view */
export function registerHome(services: Services, tree: HomeTree): vscode.Disposable {
  const onJob = (id: string, run: (entry: JobEntry) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      const entry = argumentOf(argument, 'entry', entrySchema);
      try {
        // Without one, as from a keybinding, there is a list to choose from.
        if (entry === undefined) await vscode.commands.executeCommand(COMMANDS.showActions);
        else await run(entry);
      } catch (error) {
        await reportError(services, error);
      }
    });
  return vscode.Disposable.from(
    tree,
    vscode.commands.registerCommand(COMMANDS.refreshHome, () => tree.refresh()),
    onJob(COMMANDS.pauseJob, (entry) => {
      if (entry.kind === 'running') entry.job.pause();
      return Promise.resolve();
    }),
    onJob(COMMANDS.resumeJob, async (entry) => {
      if (entry.kind === 'unfinished') await entry.job.resume();
      tree.refresh();
    }),
    onJob(COMMANDS.discardJob, async (entry) => {
      await discardJob(services.dialogs, entry);
      tree.refresh();
    }),
  );
}

const entrySchema = z.custom<JobEntry>(
  (value) =>
    z.object({ kind: z.enum(['running', 'unfinished']), job: z.looseObject({}) }).safeParse(value).success,
);
