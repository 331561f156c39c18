/**
 * The ticks of the walkthrough. A step is done when what it asks for has succeeded, not when its command has run.
 *
 * VS Code sees completion events only from the first opening of a walkthrough on, and a context key that is true by then
 * never ticks. So a success runs a command of its own, which ticks a walkthrough that is open and marks the step of one
 * that is opened later.
 */
import * as vscode from 'vscode';
import { doneCommand, WALKTHROUGH, WALKTHROUGH_STEPS, type WalkthroughStep } from '../protocol/manifest';

/** Ticks a step. It stays ticked. */
export function stepDone(step: WalkthroughStep): void {
  void vscode.commands.executeCommand(doneCommand(step));
}

/** @param extensionId publisher and name */
export function registerWalkthrough(extensionId: string): vscode.Disposable {
  return vscode.Disposable.from(
    ...WALKTHROUGH_STEPS.map((step) =>
      vscode.commands.registerCommand(doneCommand(step), async () => {
        try {
          await vscode.commands.executeCommand(
            'welcome.markStepComplete',
            `${extensionId}#${WALKTHROUGH}#${step}`,
          );
        } catch {
          // Marked, although VS Code has not read the walkthroughs yet.
        }
      }),
    ),
  );
}
