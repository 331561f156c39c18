/** Sequence classification models of a session: a folder that is named, and how its outputs are read. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Classifier, classifierFrom } from '../core/classifier/definition';
import { HEAD_KINDS, headKind, ownLabels } from '../core/encoder/config';
import { UserError } from '../core/user-error';
import { type EncoderFolder, readEncoderFolder } from '../store/encoder-folder';
import type { ModelStore } from '../store/models';
import { usageError } from './command';
import { oneOf } from './calibration/options';

/** For node:util parseArgs. */
export const ENCODER_OPTIONS = {
  outputs: { type: 'string' },
  labels: { type: 'string' },
} as const;

export const ENCODER_USAGE = `  --outputs HOW           how the outputs of a model folder are read, if its config.json does not say it: single-label
                          (one label is right), multi-label (each is right or not by itself) or binary (one output for
                          two labels)
  --labels A,B,…          names of the labels of a model folder, in the order of its outputs (default: those of its
                          config.json)`;

export interface EncoderValues {
  readonly outputs?: string | undefined;
  readonly labels?: string | undefined;
}

/** The model folder that `--model` names: a path, or the name of one on the list; undefined for anything else. */
export async function namedFolder(given: string, models: ModelStore): Promise<EncoderFolder | undefined> {
  if (given === '') return undefined;
  if (given.includes('/') || given.includes(path.sep)) {
    const config = await stat(path.join(given, 'config.json')).catch(() => undefined);
    return config === undefined ? undefined : readEncoderFolder(path.resolve(given));
  }
  const named = (await models.folders()).find((entry) => entry.file === given && !entry.missing);
  return named && models.resolveFolder({ file: given });
}

/**
 * A classifier for a model folder alone.
 *
 * @throws UserError `encoder-problem`, `encoder-labels`, usage
 */
export async function classifierOfFolder(
  folder: EncoderFolder,
  values: EncoderValues,
  models: ModelStore,
): Promise<Classifier> {
  const { config, onnx, path: location } = folder;
  const outputs = oneOf('outputs', values.outputs, HEAD_KINDS);
  const kind = headKind(config, outputs);
  const labels = values.labels?.split(',').map((name) => name.trim()) ?? ownLabels(config, kind);
  if (labels === undefined)
    throw new UserError(
      'encoder-labels',
      kind === 'binary'
        ? 'The model has one output, so its two labels have no names: the second is that of the output.'
        : `The ${config.outputs.length} outputs of the model have no names, only numbers.`,
    );
  const name = path.basename(location);
  const sha256 = await models.sha256(path.join(location, onnx));
  const file = {
    version: 1,
    name,
    kind: 'encoder',
    outputs,
    labels: labels.map((label) => ({ name: label })),
  };
  return classifierFrom({ ...file, model: { folder: name, sha256 } }, location);
}

/** @throws UserError usage, if these options are given for another model */
export function refuseEncoderOptions({ outputs, labels }: EncoderValues): void {
  if (outputs !== undefined || labels !== undefined)
    throw usageError(
      '--outputs and --labels are for a model folder that --model names, without --classifier.',
    );
}
