/** Score CSV…: scores a table of texts row by row into a copy beside it. It can be paused and resumed. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { uriArgument } from '../../editor/argument';
import * as z from 'zod';
import type { Services } from '../../editor/services';
import { scoreCsv } from './score-csv';
import { ScoreRuns } from './score-runs';

/** Tables that the scored one is compared with at its end. The explorer passes its whole selection in this place. */
const compareWithSchema = z.object({
  compareWith: z.array(z.custom<vscode.Uri>((value) => value instanceof vscode.Uri)),
});

export function registerScore(services: Services): vscode.Disposable {
  const runs = new ScoreRuns(services);
  services.jobs.register(runs.kind, (choice) => runs.resume(choice));
  return vscode.Disposable.from(
    runs,
    // From the explorer and the Home view with the file; from the palette for the file in front.
    vscode.commands.registerCommand(COMMANDS.scoreCsv, (argument: unknown, then: unknown) =>
      scoreCsv(services, runs, uriArgument(argument), compareWithSchema.safeParse(then).data?.compareWith),
    ),
    vscode.commands.registerCommand(COMMANDS.pauseScoring, () => runs.pause()),
  );
}
