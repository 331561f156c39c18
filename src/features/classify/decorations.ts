/** Shows label and percent after every classified text in the visible editors. */
import * as vscode from 'vscode';
import { lineNote, needsNote } from '../../core/words/calibrated-score';
import type { BucketTone } from '../../core/decisions/bucket-mark';
import { isDoubtful } from '../../core/words/score';
import type { ClassifiedText, Results } from '../../editor/results';

type Look = 'certain' | 'doubtful' | BucketTone;

/** Colours of the decorations. The words and the shape of the bucket carry the same information without colour. */
const COLORS: Readonly<Record<Look, string>> = {
  certain: 'resultForeground',
  doubtful: 'warningForeground',
  green: 'greenBucketForeground',
  yellow: 'yellowBucketForeground',
  orange: 'orangeBucketForeground',
  red: 'redBucketForeground',
};

function lookOf({ score, calibration }: ClassifiedText): Look {
  if (isDoubtful(score) || needsNote(calibration)) return 'doubtful';
  return calibration?.kind === 'calibrated' ? calibration.score.bucket.tone : 'certain';
}

export function showDecorations(results: Results): vscode.Disposable {
  const types = new Map(
    Object.entries(COLORS).map(([look, color]) => [look, decorationType(`promptConfidence.${color}`)]),
  );

  const update = (editors: readonly vscode.TextEditor[]): void => {
    for (const editor of editors) {
      const found = results.in(editor.document.uri);
      for (const [look, type] of types)
        editor.setDecorations(
          type,
          found
            .filter((result) => lookOf(result) === look)
            .map((result) => ({
              range: result.range,
              renderOptions: { after: { contentText: lineNote(result, result.range.end.character) } },
            })),
        );
    }
  };
  update(vscode.window.visibleTextEditors);
  return vscode.Disposable.from(
    ...types.values(),
    results.onDidChange(() => update(vscode.window.visibleTextEditors)),
    vscode.window.onDidChangeVisibleTextEditors(update),
  );
}

function decorationType(color: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: { color: new vscode.ThemeColor(color), margin: '0 0 0 1.5em', fontStyle: 'normal' },
  });
}
