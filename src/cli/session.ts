/** The source of scores for one command: options, model and classifier by one rule. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Classifier } from '../core/classifier/definition';
import type { RunPlan } from '../core/scoring/estimate';
import type { ConfidenceMethod } from '../core/model/confidence-method';
import type { EngineOptions, ModelInfo } from '../protocol/engine';
import { EngineClient } from '../sources/engine-client';
import { engineSource } from '../sources/engine-source';
import type { Origin, Source } from '../sources/source';
import { cacheFolder } from '../store/cache-home';
import { chooseModel } from '../store/choose-model';
import { findClassifier } from '../store/classifiers';
import { checkGguf } from '../store/gguf';
import { ModelStore, type ModelEntry } from '../store/models';
import { promptSha256 } from '../store/prompt-hash';
import {
  CALIBRATOR_OPTIONS,
  CALIBRATOR_USAGE,
  type CalibratorValues,
  chooseCalibrator,
  type ScoreCalibrator,
  scoreCalibrator,
} from './calibrator';
import { usageError, type Io } from './command';
import { ENDPOINT_OPTIONS, ENDPOINT_USAGE, endpointSource, type EndpointValues } from './endpoint-options';
import { METHOD_OPTIONS, METHOD_USAGE, type MethodValues, seedOf, withMethod } from './method-options';

/** Options that every command that scores takes, for node:util parseArgs. */
export const SESSION_OPTIONS = {
  classifier: { type: 'string', default: 'sentiment' },
  model: { type: 'string', default: '' },
  gpu: { type: 'string', default: 'auto' },
  'gpu-layers': { type: 'string', default: 'auto' },
  threads: { type: 'string', default: '0' },
  ...ENDPOINT_OPTIONS,
  ...METHOD_OPTIONS,
  ...CALIBRATOR_OPTIONS,
} as const;

export const SESSION_USAGE = `  --classifier NAME|FILE  built in, of .prompt-confidence/classifiers here, or a .json file (default: sentiment)
  --model FILE            a .gguf file, or the name of a model on this machine
  --gpu WHICH             auto, metal, cuda, vulkan or off (default: auto)
  --gpu-layers N          layers on the GPU (default: auto)
  --threads N             CPU threads (default: one a core; never more)
${ENDPOINT_USAGE}
${METHOD_USAGE}
${CALIBRATOR_USAGE}`;

export interface SessionValues extends CalibratorValues, EndpointValues, MethodValues {
  readonly classifier: string;
  readonly model: string;
  readonly gpu: string;
  readonly 'gpu-layers': string;
  readonly threads: string;
}

export interface Session {
  readonly source: Source;
  readonly origin: Origin;
  /** With the method that the options ask for. */
  readonly classifier: Classifier;
  /** Of drawn answers. */
  readonly seed: number;
  /** The loaded model; undefined where the source is no engine. */
  readonly info: ModelInfo | undefined;
  /** What it takes to score so many rows with texts of so many bytes; undefined where that costs nothing. */
  readonly plan: ((method: ConfidenceMethod, rows: number, bytes: number) => RunPlan) | undefined;
  /** What scores are calibrated with; undefined for raw scores. */
  readonly calibrator: ScoreCalibrator | undefined;
}

const GPUS = ['auto', 'metal', 'cuda', 'vulkan', 'off'] as const;

/**
 * Runs `work` with a source that answers, and ends its engine whatever happens.
 *
 * @throws UserError for options, classifier, model or endpoint that cannot be used
 */
export async function withSession<T>(
  values: SessionValues,
  io: Io,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const found = await findClassifier(values.classifier, process.cwd());
  const classifier = withMethod(found.classifier, values);
  const seed = seedOf(values);
  const chosen = await chooseCalibrator(values, found);
  const endpoint = endpointSource(values, classifier);
  const plan: Session['plan'] =
    endpoint && ((method, rows, bytes) => endpoint.plan({ ...classifier, method }, rows, bytes));
  const run = async (source: Source, info: ModelInfo | undefined): Promise<T> => {
    const origin = await source.origin(io.signal);
    const { model, backend } = origin;
    const calibrator = scoreCalibrator(chosen, classifier, {
      model,
      promptSha256: promptSha256(classifier),
      backend,
    });
    return work({ source, origin, classifier, seed, info, plan, calibrator });
  };
  return endpoint === undefined ? withEngine(values, classifier, io, run) : run(endpoint, undefined);
}

async function withEngine<T>(
  values: SessionValues,
  classifier: Classifier,
  io: Io,
  run: (source: Source, info: ModelInfo) => Promise<T>,
): Promise<T> {
  const gpu = GPUS.find((name) => name === values.gpu);
  if (gpu === undefined) throw usageError(`--gpu is one of ${GPUS.join(', ')}, not "${values.gpu}".`);
  const layers = values['gpu-layers'];
  const models = new ModelStore(cacheFolder('models'));
  const model = await modelOf(values.model, models, classifier);
  await checkGguf(model.path);
  const options: EngineOptions = {
    modelPath: model.path,
    gpu,
    gpuLayers: layers === 'auto' ? 'auto' : wholeNumber('--gpu-layers', layers),
    threads: wholeNumber('--threads', values.threads),
  };
  const engine = new EngineClient({
    enginePath: path.join(path.dirname(fileURLToPath(import.meta.url)), 'engine.mjs'),
    log: (level, message) => {
      if (level === 'error') io.err(`engine: ${message}\n`);
    },
  });
  try {
    await engine.use(options);
    // The hash is read beside the loading.
    const [info, sha256] = await Promise.all([engine.load(io.signal), models.sha256(model.path)]);
    if (info.device.fallback !== undefined) io.err(`${info.device.fallback} Using the CPU.\n`);
    return await run(engineSource(engine, { file: model.file, sha256: () => Promise.resolve(sha256) }), info);
  } finally {
    await engine.dispose();
  }
}

/** A path that the person typed is theirs to load; a classifier can only name a model of the list. */
async function modelOf(given: string, models: ModelStore, classifier: Classifier): Promise<ModelEntry> {
  const isPath = given.includes('/') || given.includes(path.sep);
  if (isPath) return models.addLocal(path.resolve(given));
  return chooseModel(models, given === '' ? classifier : undefined, given);
}

export function wholeNumber(option: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw usageError(`${option} takes a whole number, not "${value}".`);
  return Number(value);
}
