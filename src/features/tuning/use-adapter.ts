/** Use Adapter for Classifier…: which adapter a classifier names, or none. */
import path from 'node:path';
import * as vscode from 'vscode';
import { tunedPrompt } from '../../app/training/tuned-prompt';
import { askingOf, type Classifier } from '../../core/classifier/definition';
import type { AdapterCard } from '../../core/model/adapter-card';
import { UserError } from '../../core/user-error';
import { proofVerdict } from '../../core/words/tuning';
import {
  changeClassifier,
  type ChangedClassifier,
  classifiersFor,
  folderOf,
} from '../../editor/change-classifier';
import type { UsableClassifier } from '../../editor/classifiers';
import type { Choice } from '../../editor/dialogs';
import type { Services } from '../../editor/services';
import { activeClassifier } from '../../editor/settings';
import { adapterFolder, readCard } from '../../store/adapters';
import { calibratorFile } from '../../store/calibrators';
import { exists } from '../../store/exists';
import { namesIn } from '../../store/folders';
import { promptSha256 } from '../../store/prompt-hash';

interface FoundAdapter {
  readonly name: string;
  readonly card: AdapterCard;
}

/**
 * @param adapter path of an adapter, for which a classifier is asked; undefined: a classifier, for which one is asked
 * @throws UserError no-adapters and as `changeClassifier`
 */
export async function useAdapter(
  services: Services,
  adapter: string | undefined,
  classifier: string | undefined,
): Promise<void> {
  const chosen =
    adapter === undefined
      ? await chooseAdapter(services, classifier)
      : await chooseClassifier(services, adapter);
  if (chosen === undefined) return;
  const { entry, folder, found } = chosen;
  const changes = await changesFor(entry, folder, found);
  const done: ChangedClassifier[] = [];
  try {
    for (const [field, value] of changes) {
      const fresh = await services.classifiers.find(entry.classifier.name);
      done.push(await changeClassifier(fresh, folder, field, value));
    }
  } catch (error) {
    for (const change of done.reverse()) await change.undo();
    throw error;
  }
  await tell(services, { entry, found, changes, done });
}

interface Chosen {
  readonly entry: UsableClassifier;
  readonly folder: vscode.Uri;
  /** Undefined: the base alone. */
  readonly found: FoundAdapter | undefined;
}

async function chooseAdapter(services: Services, asked: string | undefined): Promise<Chosen | undefined> {
  const { classifiers, dialogs } = services;
  const entry = await classifiers.find(asked ?? activeClassifier());
  const folder = entry.kind === 'file' ? folderOf(entry.uri) : vscode.workspace.workspaceFolders?.[0]?.uri;
  const found = folder?.scheme === 'file' ? await adaptersOf(folder.fsPath) : [];
  const current = entry.classifier.adapter;
  if (folder === undefined || (found.length === 0 && current === undefined))
    throw new UserError(
      'no-adapters',
      'There is no adapter in this workspace yet. Fine-tune a classifier on a labelled table first.',
    );
  const ordered = found.toSorted(
    (a, b) =>
      Number(fitOf(b.card, entry.classifier) !== 'other') -
      Number(fitOf(a.card, entry.classifier) !== 'other'),
  );
  const chosen = await dialogs.choose<string>({
    title: `Adapter of ${entry.classifier.name}`,
    placeholder: 'Adapter that is put on its model',
    choices: [
      {
        label: 'None',
        description: current === undefined ? 'in use' : '',
        detail: 'The base, as it was before it was tuned',
        value: '',
      },
      ...ordered.map((adapter) => choiceOf(adapter, entry.classifier)),
    ],
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  return { entry, folder, found: found.find(({ name }) => name === chosen) };
}

async function chooseClassifier(services: Services, adapter: string): Promise<Chosen | undefined> {
  const folder = vscode.Uri.file(path.resolve(path.dirname(adapter), '..', '..'));
  const found: FoundAdapter = { name: path.basename(adapter, '.gguf'), card: await readCard(adapter) };
  const entries = (await classifiersFor(services.classifiers, folder)).filter(
    ({ classifier }) => fitOf(found.card, classifier) !== 'other',
  );
  if (entries.length === 0)
    throw new UserError(
      'adapter-mismatch',
      `No classifier here has the prompt that ${found.name} was tuned for. Undo the change of the classifier, or tune again.`,
    );
  const entry = await services.dialogs.choose({
    title: `Use ${found.name} for Classifier`,
    placeholder: 'Classifier whose model gets the adapter',
    choices: entries.map((value) => ({
      label: value.classifier.name,
      description: value.kind === 'builtin' ? 'built in: a copy is written into the workspace' : '',
      ...(fitOf(found.card, value.classifier) === 'without-examples'
        ? { detail: 'Its examples are removed: the adapter was tuned without them' }
        : {}),
      value,
    })),
  });
  return entry === undefined || entry === 'back' ? undefined : { entry, folder, found };
}

/** The adapters of a workspace whose cards can be read. */
async function adaptersOf(workspace: string): Promise<FoundAdapter[]> {
  const folder = adapterFolder(workspace);
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.gguf')).sort();
  const found: FoundAdapter[] = [];
  for (const name of names)
    try {
      found.push({ name: path.basename(name, '.gguf'), card: await readCard(path.join(folder, name)) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error; // its error is told when a classifier names it
    }
  return found;
}

/** Whether an adapter was tuned for the prompt of a classifier, or for it without its examples. */
function fitOf(card: AdapterCard, classifier: Classifier): 'fits' | 'without-examples' | 'other' {
  const hash = (asked: Classifier): string | undefined => promptSha256(asked, card.promptAdded);
  if (hash(classifier) === card.promptSha256) return 'fits';
  return hash(tunedPrompt(classifier, false)) === card.promptSha256 ? 'without-examples' : 'other';
}

function choiceOf({ name, card }: FoundAdapter, classifier: Classifier): Choice<string> {
  const fit = fitOf(card, classifier);
  const proof = card.tuning?.proof;
  const said = {
    fits: proof === undefined ? undefined : `${proofVerdict(proof).title}, said its hold-out`,
    'without-examples': 'The examples of the classifier are removed: the adapter was tuned without them',
    other: 'Tuned for another prompt: it would be refused',
  }[fit];
  const isCurrent = name === classifier.adapter;
  return {
    label: name,
    description: [isCurrent ? 'in use' : '', `on ${card.base.name}`].filter((part) => part !== '').join(', '),
    ...(said === undefined ? {} : { detail: said }),
    value: name,
    active: isCurrent,
  };
}

type Change =
  | readonly ['adapter' | 'calibrator', string | undefined]
  | readonly ['examples', readonly object[] | undefined];

/** With the adapter, the calibrator that was fitted for it; with the base, that of the base. */
async function changesFor(
  { classifier }: UsableClassifier,
  folder: vscode.Uri,
  found: FoundAdapter | undefined,
): Promise<Change[]> {
  const adapter = found?.name;
  const before = classifier.adapter;
  const calibrator =
    adapter !== undefined ? `${adapter}-tuned` : before === undefined ? undefined : `${before}-base`;
  const isThere = calibrator !== undefined && (await exists(calibratorFile(folder.fsPath, calibrator)));
  const wanted = isThere ? calibrator : undefined;
  const fit = found === undefined ? 'fits' : fitOf(found.card, classifier);
  if (fit === 'other')
    throw new UserError(
      'adapter-mismatch',
      `${adapter ?? ''} was tuned for another prompt than that of ${classifier.name}. Undo the change of the classifier, or tune again.`,
    );
  return [
    ...(fit === 'without-examples' ? [['examples', undefined] as const] : []),
    ...(await examplesBack(classifier, folder, found)),
    ['adapter', adapter],
    ...(classifier.calibrator === wanted ? [] : [['calibrator', wanted] as const]),
  ];
}

/** With the base the examples come back that the adapter left out. */
async function examplesBack(
  classifier: Classifier,
  folder: vscode.Uri,
  found: FoundAdapter | undefined,
): Promise<Change[]> {
  const { adapter } = classifier;
  if (found !== undefined || adapter === undefined || askingOf(classifier).examples.length > 0) return [];
  const before = (await adaptersOf(folder.fsPath)).find(({ name }) => name === adapter);
  const examples = before?.card.examplesLeftOut ?? [];
  return examples.length === 0 ? [] : [['examples', examples]];
}

async function tell(
  { dialogs }: Services,
  {
    entry: { classifier },
    found,
    changes,
    done,
  }: Pick<Chosen, 'entry' | 'found'> & {
    readonly changes: readonly Change[];
    readonly done: readonly ChangedClassifier[];
  },
): Promise<void> {
  const calibrator = changes.flatMap(([field, value]) =>
    field === 'calibrator' ? [{ name: value }] : [],
  )[0];
  const said = [
    found === undefined
      ? `The classifier ${classifier.name} uses its model alone again.`
      : `The classifier ${classifier.name} now uses the adapter ${found.name}.`,
    ...(calibrator === undefined
      ? []
      : [
          calibrator.name === undefined
            ? 'Its calibrator was for another model, so it shows raw scores.'
            : `Its calibrator is ${calibrator.name}.`,
        ]),
  ];
  const chosen = await dialogs.tell('info', said.join(' '), ['Undo', 'Open Classifier']);
  if (chosen === 'Undo') for (const change of done.toReversed()) await change.undo();
  const [first] = done;
  if (chosen === 'Open Classifier' && first !== undefined) await vscode.window.showTextDocument(first.uri);
}
