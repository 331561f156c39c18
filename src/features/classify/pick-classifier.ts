/** The list that Classify With… shows. */
import * as vscode from 'vscode';
import { visibleName } from '../../core/encode';
import type { ClassifierEntry } from '../../editor/classifiers';
import type { Choice } from '../../editor/dialogs';
import type { Services } from '../../editor/services';

/**
 * Lets the person choose a classifier. Choosing one whose file is broken opens that file.
 *
 * @param current name of the classifier in use, which is marked
 * @returns its name; undefined if none was chosen
 */
export async function pickClassifier(
  { classifiers, dialogs }: Pick<Services, 'classifiers' | 'dialogs'>,
  current: string,
): Promise<string | undefined> {
  const chosen = await dialogs.choose({
    title: 'Classify With…',
    placeholder: 'Choose a classifier. It is remembered for Classify Selection.',
    choices: choicesOf(await classifiers.list(), current),
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  if (chosen.kind !== 'invalid') return chosen.classifier.name;
  await vscode.window.showTextDocument(chosen.uri);
  return undefined;
}

/** Files come first, because they are the person's own. A built-in classifier that a file shadows is left out. */
function choicesOf(entries: readonly ClassifierEntry[], current: string): Choice<ClassifierEntry>[] {
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

function group(
  title: string,
  entries: readonly ClassifierEntry[],
  current: string,
): Choice<ClassifierEntry>[] {
  if (entries.length === 0) return [];
  return [{ label: title }, ...entries.map((entry) => choiceOf(entry, current))];
}

function choiceOf(entry: ClassifierEntry, current: string): Choice<ClassifierEntry> {
  if (entry.kind === 'invalid')
    return {
      value: entry,
      icon: 'error',
      label: vscode.workspace.asRelativePath(entry.uri, false).split('/').at(-1) ?? '',
      detail: entry.error.message,
    };
  const { classifier } = entry;
  return {
    value: entry,
    label: classifier.name,
    ...(classifier.name === current ? { description: 'in use' } : {}),
    detail: [classifier.description, classifier.labels.map((label) => label.name).join(' · ')]
      .filter((part) => part !== '')
      .map(visibleName)
      .join(' — '),
  };
}
