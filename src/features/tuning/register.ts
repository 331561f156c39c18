/** Fine-tuning: its commands and its jobs. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { planEnvironment, removeEnvironment } from '../../app/training/environment';
import { argumentOf, nameArgument, uriArgument } from '../../editor/argument';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { COMMANDS } from '../../protocol/manifest';
import { fineTune } from './fine-tune';
import { TuningRuns } from './tuning-runs';
import { useAdapter } from './use-adapter';

/** @param runs what the tabs show */
export function registerTuning(services: Services, runs: TuningRuns): vscode.Disposable {
  services.jobs.register(runs.kind, (order) => runs.run(order));
  const command = (id: string, run: (argument: unknown) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      try {
        await run(argument);
      } catch (error) {
        await reportError(services, error);
      }
    });
  return vscode.Disposable.from(
    runs,
    command(COMMANDS.fineTune, (argument) => fineTune(services, runs, uriArgument(argument))),
    command(COMMANDS.showTuning, async (argument) => {
      const output = argumentOf(argument, 'entry', entrySchema)?.job.output;
      if (output !== undefined) await runs.show(output);
    }),
    command(COMMANDS.useAdapter, (argument) =>
      useAdapter(
        services,
        adapterSchema.safeParse(argument).data?.adapter,
        nameArgument(argument, 'classifier'),
      ),
    ),
    command(COMMANDS.removeTrainer, () => removeTrainer(services, runs)),
  );
}

const entrySchema = z.object({ job: z.object({ output: z.string() }) });
const adapterSchema = z.object({ adapter: z.string() });

async function removeTrainer({ dialogs }: Services, { home }: TuningRuns): Promise<void> {
  const { folder } = await planEnvironment(home);
  const answer = await dialogs.confirm(
    'Remove the trainer?',
    `${folder} is deleted. Adapters stay, and can be used without it. Fine-tuning installs it again.`,
    ['Remove'],
  );
  if (answer !== 'Remove') return;
  await removeEnvironment(home);
  await dialogs.tell('info', 'The trainer is not installed any more.');
}
