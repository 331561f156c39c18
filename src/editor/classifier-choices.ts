/** The list in which a person chooses a classifier. */
import * as vscode from 'vscode';
import { visibleName } from '../core/encode';
import type { ClassifierEntry, UsableClassifier } from './classifiers';
import type { Choice } from './dialogs';

export interface ClassifierMarks {
  /** Name of the classifier in use, which is marked. */
  readonly current: string;
  /** Name of the one that is proposed. */
  readonly proposed: string;
  /** What is said beside a name; undefined for nothing. */
  readonly note?: (entry: UsableClassifier) => string | undefined;
}

/** Files come first, because they are the person's own; those that are not usable come last. */
export function classifierChoices<Entry extends ClassifierEntry>(
  entries: readonly Entry[],
  marks: ClassifierMarks,
): Choice<Entry>[] {
  const group = (title: string, kind: ClassifierEntry['kind']): Choice<Entry>[] => {
    const found = entries.filter((entry) => entry.kind === kind);
    return found.length === 0 ? [] : [{ label: title }, ...found.map((entry) => choiceOf(entry, marks))];
  };
  return [
    ...group('in this workspace', 'file'),
    ...group('built in', 'builtin'),
    ...group('not usable: choose one to open its file', 'invalid'),
  ];
}

function choiceOf<Entry extends ClassifierEntry>(
  entry: Entry,
  { current, proposed, note = () => undefined }: ClassifierMarks,
): Choice<Entry> {
  if (entry.kind === 'invalid')
    return {
      value: entry,
      icon: 'error',
      label: vscode.workspace.asRelativePath(entry.uri, false).split('/').at(-1) ?? '',
      detail: entry.error.message,
    };
  const { classifier } = entry;
  const said = [classifier.name === current ? 'in use' : undefined, note(entry)].filter(
    (part) => part !== undefined,
  );
  return {
    value: entry,
    label: visibleName(classifier.name),
    ...(said.length === 0 ? {} : { description: said.join(' · ') }),
    detail: [classifier.description, classifier.labels.map((label) => label.name).join(' · ')]
      .filter((part) => part !== '')
      .map(visibleName)
      .join(' — '),
    active: classifier.name === proposed,
  };
}
