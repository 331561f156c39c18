/**
 * The hover of a classified text shows its result. The hover of a selection offers to classify it, or does so if the
 * setting asks for that.
 */
import * as vscode from 'vscode';
import { trimRange } from '../../core/text-ranges';
import { UserError } from '../../core/user-error';
import { dominanceInWords } from '../../core/words/many-results';
import { signalOf } from '../../editor/cancellation';
import type { ClassifiedText } from '../../editor/results';
import type { TextAnswer } from '../../protocol/result-page';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { rangeOf } from '../../editor/text-place';
import { errorMarkdown, HOVER_COMMANDS, offerMarkdown, resultMarkdown } from './markdown';

export function registerHover(services: Services): vscode.Disposable {
  return vscode.languages.registerHoverProvider({ scheme: '*' }, new ResultHover(services));
}

/** @internal */
export class ResultHover implements vscode.HoverProvider {
  constructor(private readonly services: Services) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const known = this.services.results.at(document.uri, position);
    if (known !== undefined)
      return hover(
        resultMarkdown(
          known,
          known.score.mode === 'multi-label'
            ? undefined
            : dominanceInWords(this.services.results.labelsOf(known.run)),
          await this.answerTo(known),
        ),
        known.range,
      );

    const selections = openSelections(document);
    const selection = selections.find((candidate) => candidate.contains(position));
    if (selection === undefined) return undefined;
    if (!readSettings(document.uri).hoverClassifiesSelection)
      return hover(offerMarkdown(selections.length), selection);
    return this.classify(document, selection, selections.length, token);
  }

  /** A labels file that cannot be read is no reason for no hover. */
  private async answerTo(result: ClassifiedText): Promise<TextAnswer | null> {
    try {
      return await this.services.textLabels.answerTo(result);
    } catch (error) {
      this.services.log.debug('hover', error);
      return null;
    }
  }

  private async classify(
    document: vscode.TextDocument,
    selection: vscode.Range,
    selections: number,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const found = trimRange(selection, document.getText(selection));
    if (found === undefined) return undefined;
    const { version } = document;
    try {
      const [result] = await this.services.classification.run({
        document,
        ranges: [rangeOf(found)],
        trigger: 'hover',
        signal: signalOf(token),
      });
      if (result === undefined || token.isCancellationRequested || document.version !== version)
        return undefined;
      return hover(resultMarkdown(result), result.range);
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      // A hover must not raise a message that nobody asked for. It gives the reason itself.
      if (!(error instanceof UserError)) {
        this.services.log.error('hover', error);
        return undefined;
      }
      if (error.code === 'cancelled') return undefined;
      if (error.code === 'hover-elsewhere') return hover(offerMarkdown(selections, error.message), selection);
      return hover(errorMarkdown(error.message, error.code === 'no-model'), selection);
    }
  }
}

/** The selections of the editor that shows a document, the active one first. */
function openSelections(document: vscode.TextDocument): vscode.Selection[] {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const editor = [...(activeTextEditor ? [activeTextEditor] : []), ...visibleTextEditors].find(
    (candidate) => candidate.document === document,
  );
  return (editor?.selections ?? []).filter((selection) => !selection.isEmpty);
}

function hover(markdown: string, range: vscode.Range): vscode.Hover {
  const contents = new vscode.MarkdownString(markdown);
  contents.isTrusted = { enabledCommands: HOVER_COMMANDS };
  return new vscode.Hover(contents, range);
}
