/** The extension's settings, read where they are needed so that a change takes effect at once. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Classifier } from '../core/classifier/definition';
import { type Bucket, bucketsSchema, checkBuckets, DEFAULT_BUCKETS } from '../core/model/buckets';
import { UserError } from '../core/user-error';
import { GPU_CHOICES } from '../protocol/engine';
import { settingId, SETTINGS_SECTION, type SettingName } from '../protocol/manifest';

/** What a person wrote by hand into the settings may be anything. */
const textSchema = z.string().trim().catch('');
const positiveSchema = z.number().positive().transform(Math.floor).catch(0);

export interface Settings {
  readonly gpu: 'auto' | 'metal' | 'cuda' | 'vulkan' | 'off';
  readonly gpuLayers: 'auto' | number;
  /** 0: as many as there are cores. */
  readonly threads: number;
  readonly nodePath: string | undefined;
  /** Of the Python that trains or that the trainer is installed with, or empty. */
  readonly pythonPath: string;
  /** Further arguments for pip. */
  readonly pipArguments: readonly string[];
  /** File name of the chosen model, or empty. */
  readonly model: string;
  /** 0: never. */
  readonly unloadAfterMinutes: number;
  /** Name of the classifier that Classify Selection uses. */
  readonly classifier: string;
  readonly hoverClassifiesSelection: boolean;
  /** Who gives labels; empty: nobody in particular. */
  readonly labelsWho: string;
}

/** @param scope document or folder to read the settings for, because folders may differ */
export function readSettings(scope?: vscode.ConfigurationScope): Settings {
  const read = reader(scope);
  const layers = read('gpuLayers');
  const gpu = read('gpu');
  return {
    gpu: GPU_CHOICES.find((value) => value === gpu) ?? 'auto',
    gpuLayers: typeof layers === 'number' && Number.isInteger(layers) && layers >= 0 ? layers : 'auto',
    threads: positiveSchema.parse(read('threads')),
    nodePath: textSchema.parse(read('nodePath')) || undefined,
    pythonPath: textSchema.parse(read('pythonPath')),
    pipArguments: z.array(z.string()).catch([]).parse(read('pipArguments')),
    model: textSchema.parse(read('model')),
    unloadAfterMinutes: positiveSchema.parse(read('unloadAfterMinutes')),
    classifier: textSchema.parse(read('classifier')) || 'sentiment',
    hoverClassifiesSelection: read('hover.classifySelection') === true,
    labelsWho: textSchema.parse(read('labels.who')),
  };
}

export interface BucketSetting {
  /** Highest first, valid. */
  readonly buckets: readonly Bucket[];
  /** Why the default buckets are used instead of the setting; null if the setting is used. */
  readonly problem: string | null;
}

/**
 * The buckets of a classifier: its own, else those of the setting.
 *
 * @param uri document or table that the setting is read for
 */
export function bucketsFor(
  { buckets }: Pick<Classifier, 'buckets'>,
  uri: vscode.Uri | undefined,
): readonly Bucket[] {
  return buckets ?? readBuckets(uri).buckets;
}

/** @param uri document or table to read the buckets for, because folders may differ */
export function readBuckets(uri: vscode.Uri | undefined): BucketSetting {
  const parsed = bucketsSchema.safeParse(reader(uri)('buckets'));
  try {
    if (!parsed.success)
      throw new UserError('bad-buckets', 'It must be a list of {"name": TEXT, "low": NUMBER}.');
    checkBuckets(parsed.data);
    return { buckets: parsed.data, problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problem = `The setting ${settingId('buckets')} is invalid, so the default buckets are used. ${error.message}`;
    return { buckets: DEFAULT_BUCKETS, problem };
  }
}

/** Where buckets of this table can be kept: in the settings of its folder, or the reason why not. */
export function bucketPlace(uri: vscode.Uri): 'settings' | 'restricted' | 'no-folder' {
  if (vscode.workspace.getWorkspaceFolder(uri) === undefined) return 'no-folder';
  return vscode.workspace.isTrusted ? 'settings' : 'restricted';
}

/**
 * Writes buckets into the settings of the table's folder.
 *
 * @param buckets null to remove the folder's setting
 */
export async function writeBuckets(uri: vscode.Uri, buckets: readonly Bucket[] | null): Promise<void> {
  await write('buckets', buckets ?? undefined, vscode.ConfigurationTarget.WorkspaceFolder, uri);
}

export function onDidChangeBuckets(uri: vscode.Uri, listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(settingId('buckets'), uri)) listener();
  });
}

/** Writes the chosen model. It belongs to the machine, so it is never written into a workspace. */
export async function writeModelSetting(file: string): Promise<void> {
  await write('model', file === '' ? undefined : file, vscode.ConfigurationTarget.Global);
}

/** Name of the classifier that Classify Selection uses in the editor in front. */
export function activeClassifier(): string {
  return readSettings(vscode.window.activeTextEditor?.document.uri).classifier;
}

export async function writeClassifierSetting(name: string, scope?: vscode.ConfigurationScope): Promise<void> {
  await write('classifier', name, classifierTarget(scope), scope);
}

/** Where a choice of classifier has effect. */
function classifierTarget(scope: vscode.ConfigurationScope | undefined): vscode.ConfigurationTarget {
  // The settings of a restricted workspace are not read.
  if (vscode.workspace.workspaceFolders === undefined || !vscode.workspace.isTrusted)
    return vscode.ConfigurationTarget.Global;
  const { workspaceFolderValue } =
    vscode.workspace.getConfiguration(SETTINGS_SECTION, scope).inspect('classifier') ?? {};
  // A folder of its own setting would hide that of the workspace.
  return workspaceFolderValue === undefined
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.WorkspaceFolder;
}

function reader(scope: vscode.ConfigurationScope | undefined): (name: SettingName) => unknown {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION, scope);
  return (name) => configuration.get(name);
}

/** @param value undefined to remove the setting */
async function write(
  name: SettingName,
  value: unknown,
  target: vscode.ConfigurationTarget,
  scope?: vscode.ConfigurationScope,
): Promise<void> {
  await vscode.workspace.getConfiguration(SETTINGS_SECTION, scope).update(name, value, target);
}
