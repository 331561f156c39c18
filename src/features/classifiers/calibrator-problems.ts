/** Finds the problem of the calibrator that a classifier file names. */
import * as vscode from 'vscode';
import { parseClassifier } from '../../core/classifier/definition';
import { quoted } from '../../core/quote';
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
    const all = [{ name: undefined, calibrator: classifier.calibrator }, ...classifier.labels];
    for (const { name: label, calibrator: named } of all) {
      const calibrator =
        named === undefined ? undefined : await calibrators.of({ kind: 'file', uri, classifier }, named);
      if (calibrator === undefined) continue;
      const origin = await originBefore(engineModels, classifier);
      const compatibility = compatibilityBefore(calibrator, classifier, origin, label?.trim());
      if (compatibility.kind === 'refused')
        return {
          message: `The calibrator ${calibrator.by.name} does not belong to ${label === undefined ? 'this classifier' : `the label ${quoted(label)}`}. ${compatibility.reason}`,
          severity: vscode.DiagnosticSeverity.Error,
        };
      if (compatibility.kind === 'unbound')
        return { message: compatibility.reason, severity: vscode.DiagnosticSeverity.Warning };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.code.startsWith('classifier-')
      ? undefined
      : { message: error.message, severity: vscode.DiagnosticSeverity.Error };
  }
}
