/** The running extension from inside, and settings for tests. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { classifyTexts } from '../../src/app/classify';
import type { Sources } from '../../src/app/sources';
import type { Classifier } from '../../src/core/classifier/definition';
import type { Score } from '../../src/core/scoring/score';
import type { ExtensionInternals } from '../../src/extension';
import type { Shell } from '../../src/shell';
import { isFailed, type SourceIdentity } from '../../src/sources/source';
import type { ContextShape } from '../../src/protocol/engine';

export async function internals(): Promise<ExtensionInternals> {
  const extension = vscode.extensions.getExtension<Shell>('prompt-confidence.prompt-confidence');
  assert.ok(extension, 'the extension is not installed');
  return (await extension.activate()).wake();
}

/** One thread, no GPU: test hosts share two cores with everything else. */
export async function useOneThread(): Promise<void> {
  await setMachineSetting('threads', 1);
  await setMachineSetting('gpu', 'off');
}

/** undefined for the default. */
export async function setMachineSetting(name: string, value: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('promptConfidence')
    .update(name, value, vscode.ConfigurationTarget.Global);
}

export interface ScoredTexts {
  /** null for a text that failed where others did not. */
  readonly scores: readonly (Score | null)[];
  /** Why the first of the failed texts failed. */
  readonly failure: string | undefined;
  readonly identity: SourceIdentity;
  readonly shape: ContextShape | null;
}

/** Raw scores of texts, from the source that a classifier names. */
export async function scoreTexts(
  { sources }: { readonly sources: Sources },
  classifier: Classifier,
  texts: readonly string[],
  options: { readonly topTokens: number; readonly signal?: AbortSignal },
): Promise<ScoredTexts> {
  const { results, identity, shape } = await classifyTexts(sources, {
    classifier,
    texts,
    buckets: [],
    readsModel: true,
    ...options,
  });
  return {
    scores: results.map((result) => (isFailed(result) ? null : result.score)),
    failure: results.find(isFailed)?.reason,
    identity,
    shape,
  };
}

/** What our hover provider says: the others of the editor say nothing about plain text. */
export async function hoversAt(
  { uri }: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.MarkdownString[]> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    uri,
    position,
  );
  return hovers.flatMap(({ contents }) =>
    contents.filter((content) => content instanceof vscode.MarkdownString),
  );
}

/** The hover over the first line of a document, as Markdown. */
export async function hoverOf(document: vscode.TextDocument): Promise<string> {
  const hovers = await hoversAt(document, new vscode.Position(0, 1));
  return hovers.map(({ value }) => value).join('\n');
}
