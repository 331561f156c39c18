/** Sequence classification models: the one that a classifier needs, checked, loaded, and kept while it is used. */
import type { Classifier, HeadReading } from '../core/classifier/definition';
import { checkLabels, type HeadKind, headKind } from '../core/encoder/config';
import { shareWithSeveral } from '../core/scoring/head-score';
import { labelNames } from '../core/calibration/compatibility';
import { quoted } from '../core/quote';
import { UserError } from '../core/user-error';
import type { EncoderOptions } from '../protocol/encoder';
import type { EncoderClient } from '../sources/encoder-client';
import { type EncoderModel, encoderSource } from '../sources/encoder-source';
import { Turns } from '../sources/turns';
import path from 'node:path';
import { type EncoderFolder, encoderSha256 } from '../store/encoder-folder';
import type { HashOptions, ModelStore } from '../store/models';
import type { SourceOpener } from './sources';

export interface EncoderModelsParts {
  readonly models: ModelStore;
  readonly encoder: EncoderClient;
  /** The folder for a classifier; absent: the one that it names, of the model list. */
  readonly folderFor?: (classifier: Classifier) => Promise<EncoderFolder>;
  /** Upper limit; 0 for as many threads as cores. */
  readonly threads: () => number;
}

export class EncoderModels {
  private readonly turns = new Turns();

  constructor(private readonly parts: EncoderModelsParts) {}

  get encoder(): EncoderClient {
    return this.parts.encoder;
  }

  /** Loads the model of a classifier without scoring anything. */
  async load(classifier: Classifier, signal: AbortSignal): Promise<void> {
    const folder = await this.folderFor(classifier, { signal });
    await this.withFolder(folder, signal, () => this.encoder.load(signal));
  }

  /** While `work` runs, requests for other models wait. */
  readonly open: SourceOpener = async ({ classifier, signal }, work) => {
    const folder = await this.folderFor(classifier, { signal });
    const model = await this.modelOf(folder, classifier, { signal });
    return this.withFolder(folder, signal, () => work(encoderSource(this.encoder, model)));
  };

  /**
   * What the scores of a classifier depend on. Files whose hash is not known are read.
   *
   * @throws UserError `encoder-problem`, `encoder-labels`
   */
  private async modelOf(
    folder: EncoderFolder,
    classifier: Classifier,
    options: HashOptions,
  ): Promise<EncoderModel> {
    const kind = headKind(folder.config, readingOf(classifier).outputs);
    checkOwn(kind, classifier);
    const labels = labelNames(classifier);
    checkLabels(folder.config, kind, labels);
    const sha256 = await encoderSha256(folder, kind, labels, (file) =>
      this.parts.models.sha256(file, options),
    );
    return { name: path.basename(folder.path), sha256, kind, labels };
  }

  /** The share of texts on which several labels would be right if each were judged by itself. */
  async shareWithSeveral(
    folder: EncoderFolder,
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<number> {
    return this.withFolder(folder, signal, async () => {
      const outputs = await this.encoder.outputs(texts, signal);
      return shareWithSeveral(outputs.flatMap((output) => ('logits' in output ? [output.logits] : [])));
    });
  }

  /** While `work` runs, requests for other models wait. */
  private withFolder<T>(
    folder: EncoderFolder,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const options = this.optionsFor(folder);
    return this.turns.take(JSON.stringify(options), signal, async () => {
      await this.encoder.use(options);
      return work();
    });
  }

  private folderFor(classifier: Classifier, options: HashOptions): Promise<EncoderFolder> {
    if (this.parts.folderFor !== undefined) return this.parts.folderFor(classifier);
    if (classifier.model === undefined) throw new Error('a classifier of this kind names its model');
    return this.parts.models.resolveFolder(classifier.model, options);
  }

  private optionsFor({ path: folder, onnx, config }: EncoderFolder): EncoderOptions {
    const { outputs, positionLimit } = config;
    return {
      folder,
      modelPath: path.join(folder, onnx),
      outputs: outputs.length,
      ...(positionLimit === undefined ? {} : { positionLimit }),
      threads: this.parts.threads(),
    };
  }
}

/**
 * Refuses what only labels that do not exclude each other have, for labels that do, and the reverse.
 *
 * @throws UserError `encoder-labels`
 */
function checkOwn(kind: HeadKind, { name, labels, calibrator }: Classifier): void {
  const own = labels.find((label) => label.threshold !== undefined || label.calibrator !== undefined);
  if (kind !== 'multi-label' && own !== undefined)
    throw new UserError(
      'encoder-labels',
      `The labels of "${name}" exclude each other (${kind}), so ${quoted(own.name)} has no threshold and no calibrator of its own.`,
    );
  if (kind === 'multi-label' && calibrator !== undefined)
    throw new UserError(
      'encoder-labels',
      `The labels of "${name}" do not exclude each other (multi-label): each has a calibrator of its own, named beside it in "labels", in place of "calibrator".`,
    );
}

function readingOf({ asks }: Classifier): HeadReading {
  if (asks.kind !== 'encoder') throw new Error('this source is for classifiers of this kind');
  return asks;
}
