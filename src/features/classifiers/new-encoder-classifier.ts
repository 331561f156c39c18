/** New Classifier with a sequence classification model: a folder, and what its config.json leaves open. */
import path from 'node:path';
import * as vscode from 'vscode';
import { labelsFrom } from '../../core/classifier/draft';
import { CLASSIFIER_VERSION, type EncoderClassifierFile } from '../../core/classifier/definition';
import { type HeadKind, headKind, labelCount, ownLabels } from '../../core/encoder/config';
import { formatPercent } from '../../core/words/quantities';
import type { Dialogs } from '../../editor/dialogs';
import { addModelFolder } from '../../editor/model-folder';
import { askInTurn, question } from '../../editor/questions';
import type { Services } from '../../editor/services';
import { type EncoderFolder, readEncoderFolder } from '../../store/encoder-folder';
import { NEW_CLASSIFIER, nameQuestion } from './classifier-name';

/** "language": a model that is asked in words; otherwise the path of a model folder. */
export type ClassifyingModel = 'language' | { readonly folder: string };

/** Asks what classifies the texts; undefined if the person leaves. A folder from elsewhere is put on the model list. */
export async function chooseClassifyingModel(services: Services): Promise<ClassifyingModel | undefined> {
  const { dialogs, models } = services;
  const known = (await models.folders()).filter(({ missing }) => !missing);
  const chosen = await dialogs.choose<ClassifyingModel | 'other'>({
    title: NEW_CLASSIFIER,
    placeholder: 'What classifies the texts',
    choices: [
      {
        label: 'Language model',
        detail: 'Is asked in words. Labels are whatever you write.',
        value: 'language',
      },
      ...known.map(({ file, path: folder }) => ({
        label: file,
        description: 'sequence classification model',
        detail: folder,
        value: { folder },
      })),
      {
        label: 'Sequence classification model…',
        detail:
          'A folder with config.json, tokenizer.json, tokenizer_config.json and model.onnx. Its labels are trained.',
        value: 'other',
      },
    ],
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  if (chosen !== 'other') return chosen;
  const folder = await addModelFolder(services);
  return folder === undefined ? undefined : { folder };
}

/**
 * Asks for what the folder leaves open; undefined if the person leaves.
 *
 * @throws UserError everything of `readEncoderFolder`; `encoder-problem`
 */
export async function askForEncoder(
  { dialogs, models, encoderModels }: Services,
  folder: string,
  taken: readonly string[],
): Promise<EncoderClassifierFile | undefined> {
  const found = await readEncoderFolder(folder);
  if (found === undefined) return undefined;
  const { config } = found;
  const several = await severalInWords(found, encoderModels);
  let name = '';
  let outputs: HeadKind | undefined;
  let labels = '';
  const kind = (): HeadKind => outputs ?? config.kinds[0];
  const isAnswered = await askInTurn(() => [
    ...(config.isOpen
      ? [
          question<HeadKind>(
            (step) =>
              dialogs.choose({
                title: NEW_CLASSIFIER,
                placeholder: `How the ${config.outputs.length === 1 ? 'output' : 'outputs'} of ${path.basename(folder)} must be read: its config.json does not say it`,
                choices: config.kinds.map((value) => ({
                  ...KINDS[value],
                  ...(value === 'multi-label' && several !== undefined ? { description: several } : {}),
                  value,
                  active: value === outputs,
                })),
                step,
              }),
            (answer) => (outputs = answer),
          ),
        ]
      : []),
    ...(ownLabels(config, kind()) === undefined
      ? [
          question<{ readonly text: string }>(
            (step) =>
              dialogs.ask({
                title: NEW_CLASSIFIER,
                prompt:
                  kind() === 'binary'
                    ? 'Names of both labels, separated by a comma; the second is that of the output'
                    : `Names of the ${config.outputs.length} outputs in their order, separated by commas`,
                placeholder: kind() === 'binary' ? 'ham, spam' : config.outputs.slice(0, 3).join(', '),
                value: labels,
                validate: (text) => {
                  const wanted = labelCount(kind(), config.outputs.length);
                  return labelsFrom(text).length === wanted ? undefined : `Enter ${wanted} names.`;
                },
                step,
              }),
            ({ text }) => (labels = text),
          ),
        ]
      : []),
    nameQuestion(dialogs, { taken, given: () => name, keep: (chosen) => (name = chosen) }),
  ]);
  if (!isAnswered) return undefined;
  const read = headKind(config, outputs);
  const names = ownLabels(config, read) ?? labelsFrom(labels);
  return {
    version: CLASSIFIER_VERSION,
    name,
    kind: 'encoder',
    labels: names.map((label) => ({ name: label })),
    // Labels of their own have thresholds and calibrators in this file, so it says that they are.
    ...(outputs === undefined && read !== 'multi-label' ? {} : { outputs: read }),
    model: { folder: path.basename(folder), sha256: await onnxHash(found, dialogs, models) },
  };
}

const KINDS: Readonly<Record<HeadKind, { readonly label: string; readonly detail: string }>> = {
  'single-label': { label: 'One label is right', detail: 'single-label: a softmax over all outputs' },
  'multi-label': {
    label: 'Each label is right or not by itself',
    detail: 'multi-label: a sigmoid for each output',
  },
  binary: {
    label: 'The output is one of two labels',
    detail:
      'binary: its sigmoid is the probability of the second label. If the output is a quantity (a regression), the model is no classifier.',
  },
};

/** How often several labels would be right at once in the text that the person sees. */
async function severalInWords(
  folder: EncoderFolder,
  encoderModels: Services['encoderModels'],
): Promise<string | undefined> {
  if (folder.config.kinds.length < 2) return undefined;
  const document = vscode.window.activeTextEditor?.document;
  const lines = (document?.getText() ?? '').split('\n', 200).filter((line) => line.trim() !== '');
  if (document === undefined || lines.length === 0) return undefined;
  const share = await encoderModels.shareWithSeveral(folder, lines.slice(0, 50));
  return `several would be right in ${formatPercent(share)} of the first lines of ${path.basename(document.uri.path)}`;
}

function onnxHash(
  { path: folder, onnx }: EncoderFolder,
  dialogs: Dialogs,
  models: Services['models'],
): Promise<string> {
  return dialogs.progress(`SHA-256 of ${onnx}`, (_, signal) =>
    models.sha256(path.join(folder, onnx), { signal }),
  );
}
