/** The process for sequence classification models as a source of scores. */
import type { HeadKind } from '../core/encoder/config';
import type { Binding } from '../core/model/binding';
import { type HeadOutput, headScore, multiLabelScore } from '../core/scoring/head-score';
import type { Score } from '../core/scoring/score';
import { UserError } from '../core/user-error';
import { deviceInWords } from '../core/words/device';
import type { Device } from '../protocol/engine';
import type { EncoderClient } from './encoder-client';
import type { Source } from './source';

/** The model that the process uses, and how its outputs are read. */
export interface EncoderModel {
  /** Name of its folder. */
  readonly name: string;
  /** Of everything that its scores depend on. */
  readonly sha256: string;
  readonly kind: HeadKind;
  /** In the order of the outputs. */
  readonly labels: readonly string[];
}

/** @param encoder told to use the model already */
export function encoderSource(encoder: EncoderClient, { name, sha256, kind, labels }: EncoderModel): Source {
  const model: Binding['model'] = { kind: 'encoder', name, sha256 };
  return {
    sendsTextsTo: null,
    mayBoundScores: false,
    identity: async (signal) => {
      const { threads, versions } = await encoder.load(signal);
      const device = cpu(threads);
      return {
        model,
        modelFile: null,
        backend: device.backend,
        device,
        versions,
        inWords: `${name} on ${deviceInWords(device)}`,
      };
    },
    model: () => Promise.resolve(model),
    plan: null,
    textsAtOnce: null,
    isMultiLabel: kind === 'multi-label',
    score: async ({ classifier, texts }, signal) => {
      const outputs = await encoder.outputs(texts, signal);
      const scoreOf = (output: HeadOutput): Score =>
        kind === 'multi-label' ? multiLabelScore(classifier.labels, output) : headScore(kind, labels, output);
      const scores = outputs.map((output) => ('reason' in output ? output : scoreOf(output)));
      return { scores, shape: null };
    },
    sample: null,
    prompt: () =>
      Promise.reject(
        new UserError('no-prompt', `${name} is a sequence classification model: it gets the text alone.`),
      ),
    tokens: null,
  };
}

function cpu(threads: number): Device {
  return { backend: 'cpu', names: [], offloadedLayers: 0, totalLayers: 0, threads };
}
