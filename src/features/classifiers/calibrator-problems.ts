/** Finds the problem of the calibrator that a classifier file names. */
import * as vscode from 'vscode';
import { parseClassifier } from '../../core/classifier/definition';
import { UserError } from '../../core/user-error';
import { compatibilityBefore } from '../../app/classifier-calibrator';
import { originBefore } from '../../editor/calibrators';
import type { Services } from '../../editor/services';

export interface CalibratorProblem {
  readonly message: string;
  readonly severity: vscode.DiagnosticSeverity;
}

/** @param text text of a classifier file; an invalid one gives no problem here */
export async function calibratorProblem(
  { calibrators, engineModels }: Pick<Services, 'calibrators' | 'engineModels'>,
  uri: vscode.Uri,
  text: string,
): Promise<CalibratorProblem | undefined> {
  try {
    const classifier = parseClassifier(text, '');
    const calibrator = await calibrators.of({ kind: 'file', uri, classifier });
    if (calibrator === undefined) return undefined;
    const compatibility = compatibilityBefore(
      calibrator,
      classifier,
      await originBefore(engineModels, classifier),
    );
    if (compatibility.kind === 'refused')
      return {
        message: `The calibrator ${calibrator.by.name} does not belong to this classifier. ${compatibility.reason}`,
        severity: vscode.DiagnosticSeverity.Error,
      };
    return compatibility.kind === 'unbound'
      ? { message: compatibility.reason, severity: vscode.DiagnosticSeverity.Warning }
      : undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.code.startsWith('classifier-')
      ? undefined
      : { message: error.message, severity: vscode.DiagnosticSeverity.Error };
  }
}
