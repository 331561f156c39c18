/** The list that Classify With… shows. */
import * as vscode from 'vscode';
import { visibleName } from '../../core/words/score';
import type { ClassifierEntry, Classifiers } from '../../editor/classifiers';

interface Item extends vscode.QuickPickItem {
  readonly entry?: ClassifierEntry;
}

/**
 * Lets the person choose a classifier. Choosing one whose file is broken opens that file.
 *
 * @param current name of the classifier in use, which is marked
 * @returns its name; undefined if none was chosen
 */
export async function pickClassifier(classifiers: Classifiers, current: string): Promise<string | undefined> {
  const chosen = await vscode.window.showQuickPick(items(await classifiers.list(), current), {
    title: 'Classify With…',
    placeHolder: 'Choose a classifier. It is remembered for Classify Selection.',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen?.entry === undefined) return undefined;
  if (chosen.entry.kind !== 'invalid') return chosen.entry.classifier.name;
  await vscode.window.showTextDocument(chosen.entry.uri);
  return undefined;
}

/** Files come first, because they are the person's own. A built-in classifier that a file shadows is left out. */
function items(entries: readonly ClassifierEntry[], current: string): Item[] {
  const files = entries.filter((entry) => entry.kind === 'file');
  const own = new Set(files.map((entry) => entry.classifier.name));
  const builtin = entries.filter((entry) => entry.kind === 'builtin' && !own.has(entry.classifier.name));
  const invalid = entries.filter((entry) => entry.kind === 'invalid');
  return [
    ...group('in this workspace', files, current),
    ...group('built in', builtin, current),
    ...group('not usable: choose one to open its file', invalid, current),
  ];
}

function group(title: string, entries: readonly ClassifierEntry[], current: string): Item[] {
  if (entries.length === 0) return [];
  return [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...entries.map((entry) => item(entry, current)),
  ];
}

function item(entry: ClassifierEntry, current: string): Item {
  if (entry.kind === 'invalid')
    return {
      entry,
      label: `$(error) ${plain(vscode.workspace.asRelativePath(entry.uri, false).split('/').at(-1) ?? '')}`,
      detail: plain(entry.error.message),
    };
  const { classifier } = entry;
  const inUse = classifier.name === current;
  return {
    entry,
    label: plain(classifier.name),
    description: inUse ? '$(check) in use' : '',
    detail: [classifier.description, classifier.labels.map((label) => label.name).join(' · ')]
      .filter((part) => part !== '')
      .map(plain)
      .join(' — '),
  };
}

/** Removes what a list would draw as an icon, because names come from files. */
function plain(text: string): string {
  return visibleName(text).replaceAll('$(', '$\u200b(');
}
