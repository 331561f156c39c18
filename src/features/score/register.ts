/** Score CSV…: scores a table of texts row by row into a copy beside it. It can be paused and resumed. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { uriArgument } from '../../editor/argument';
import type { Services } from '../../editor/services';
import { scoreCsv } from './score-csv';
import { ScoreRuns } from './score-runs';

export function registerScore(services: Services): vscode.Disposable {
  const runs = new ScoreRuns(services);
  services.jobs.register(runs.kind, (choice) => runs.resume(choice));
  return vscode.Disposable.from(
    runs,
    // From the explorer and the Home view with the file; from the palette for the file in front.
    vscode.commands.registerCommand(COMMANDS.scoreCsv, (argument: unknown) =>
      scoreCsv(services, runs, uriArgument(argument)),
    ),
    vscode.commands.registerCommand(COMMANDS.pauseScoring, () => runs.pause()),
  );
}
