/** The source of scores for one command: options, model and classifier by one rule. */
import { oneLine } from '../core/encode';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScoreCalibrator } from '../app/classifier-calibrator';
import { EncoderModels } from '../app/encoder-models';
import { EngineModels, type LoadSettings } from '../app/engine-models';
import { type BeforeMany, MANY_REQUESTS } from '../app/many-requests';
import { type SourceOpener, Sources } from '../app/sources';
import type { Classifier } from '../core/classifier/definition';
import { bySourceKind, sourceNameText } from '../core/classifier/source-name';
import { UserError } from '../core/user-error';
import { count } from '../core/words/calibration';
import { estimateInWords } from '../core/words/estimate';
import { GPU_CHOICES } from '../protocol/engine';
import { EncoderClient } from '../sources/encoder-client';
import { EngineClient } from '../sources/engine-client';
import type { ModelLog } from '../sources/model-process';
import { AdapterStore } from '../store/adapters';
import { cacheFolder } from '../store/cache-home';
import { chooseModel } from '../store/choose-model';
import { findClassifier, type FoundClassifier } from '../store/classifiers';
import type { EncoderFolder } from '../store/encoder-folder';
import { type ModelEntry, ModelStore } from '../store/models';
import {
  CALIBRATOR_OPTIONS,
  CALIBRATOR_USAGE,
  type CalibratorValues,
  calibratorFromOptions,
} from './calibrator';
import { usageError, type Io } from './command';
import {
  classifierOfFolder,
  ENCODER_OPTIONS,
  ENCODER_USAGE,
  type EncoderValues,
  namedFolder,
  refuseEncoderOptions,
} from './encoder-options';
import { ENDPOINT_OPTIONS, ENDPOINT_USAGE, endpointSource, type EndpointValues } from './endpoint-options';
import {
  CONFIDENCE_METHOD_OPTIONS,
  CONFIDENCE_METHOD_USAGE,
  type ConfidenceMethodValues,
  seedOf,
  withConfidenceMethod,
} from './confidence-method-options';
import { wholeNumber } from './numbers';

/** Where neither a classifier nor a model folder is named. */
export const DEFAULT_CLASSIFIER = 'sentiment';

/** Options of every command that scores, for node:util parseArgs. */
export const SESSION_OPTIONS = {
  classifier: { type: 'string' },
  model: { type: 'string', default: '' },
  gpu: { type: 'string', default: 'auto' },
  'gpu-layers': { type: 'string', default: 'auto' },
  threads: { type: 'string', default: '0' },
  ...ENCODER_OPTIONS,
  ...ENDPOINT_OPTIONS,
  ...CONFIDENCE_METHOD_OPTIONS,
  ...CALIBRATOR_OPTIONS,
  'no-adapter': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

export const SESSION_USAGE = `  --classifier NAME|FILE  a built-in classifier, one in .prompt-confidence/classifiers, or a .json file
                          (default: sentiment)
  --model FILE|FOLDER     a .gguf file, the folder of a sequence classification model (config.json, tokenizer.json,
                          tokenizer_config.json, model.onnx), or the name of a model on this machine (default: the
                          only .gguf file, the one chosen in VS Code, or the one used last)
  --gpu WHICH             auto, metal, cuda, vulkan or off (default: auto)
  --gpu-layers N          layers on the GPU (default: auto)
  --threads N             CPU threads (default and maximum: one for each core)
${ENCODER_USAGE}
${ENDPOINT_USAGE}
${CONFIDENCE_METHOD_USAGE}
${CALIBRATOR_USAGE}
  --no-adapter            use the model alone, even if the classifier names an adapter
  --yes                   send a server more than ${MANY_REQUESTS} requests for the texts of "classify", or for one row of "score"`;

export interface SessionValues
  extends CalibratorValues, EndpointValues, EncoderValues, ConfidenceMethodValues {
  readonly classifier?: string | undefined;
  readonly model: string;
  readonly gpu: string;
  readonly 'gpu-layers': string;
  readonly threads: string;
  readonly 'no-adapter': boolean;
  readonly yes: boolean;
}

/** What a command that scores works with. */
export interface Session {
  readonly sources: Sources;
  /** Its confidence method is the one that the options ask for. */
  readonly classifier: Classifier;
  /** Seed of the sampled answers. */
  readonly seed: number;
  /** The calibrator of the scores; undefined for raw scores. */
  readonly calibrator: ScoreCalibrator | undefined;
  /** Undefined if the options agree to any number of requests. */
  readonly beforeMany: BeforeMany | undefined;
}

export interface SessionOptions {
  /** The file of whatever adapter a classifier names; absent: by its name, in the workspace. */
  readonly adapterFile?: string;
  /** Some of the texts that will be scored: they show how the outputs of a model may be read where nothing says it. */
  readonly texts?: () => Promise<readonly string[]>;
}

/**
 * Runs `work` with sources that can be opened, and always ends their engine.
 *
 * @throws UserError for options, classifier, model or endpoint that cannot be used
 */
export async function withSession<T>(
  values: SessionValues,
  io: Io,
  work: (session: Session) => Promise<T>,
  { adapterFile, texts }: SessionOptions = {},
): Promise<T> {
  const store = new ModelStore(cacheFolder('models'));
  const folder = await namedFolder(values.model, store);
  const found = await foundClassifier(values, folder, store).catch((error: unknown) =>
    tellingSeveral(error, folder, texts, () => encoderModels(values, io, store, folder)),
  );
  const asked = withConfidenceMethod(found.classifier, values);
  const classifier = values['no-adapter'] ? { ...asked, adapter: undefined } : asked;
  const seed = seedOf(values);
  const calibrator = await calibratorFromOptions(values, { ...found, classifier });
  const beforeMany = values.yes ? undefined : refuseMany;
  const session = (sources: Sources): Promise<T> =>
    work({ sources, classifier, seed, calibrator, beforeMany });
  const endpoint = endpointSource(values);
  // An endpoint that the person names replaces the source of the classifier.
  if (endpoint !== undefined)
    return session(new Sources(bySourceKind((): SourceOpener => (_, ask) => ask(endpoint))));
  let models: EngineModels | undefined;
  const open: SourceOpener = (request, ask) =>
    (models ??= engineModels(values, io, found.workspace, adapterFile)).open(request, ask);
  const encoders = encoderModels(values, io, store, folder);
  try {
    const engine = tellingFallback(open, io);
    return await session(new Sources({ ...bySourceKind(() => elsewhere), engine, encoder: encoders.open }));
  } finally {
    await Promise.all([models?.engine.dispose(), encoders.encoder.dispose()]);
  }
}

/**
 * Where nothing says whether the labels of a model exclude each other, its outputs for some texts say how often several
 * would be right.
 */
async function tellingSeveral(
  error: unknown,
  folder: EncoderFolder | undefined,
  texts: SessionOptions['texts'],
  models: () => EncoderModels,
): Promise<never> {
  const isOpen = error instanceof UserError && error.code === 'encoder-problem' && error.data.isOpen === true;
  if (!isOpen || folder === undefined || folder.config.kinds.length < 2 || texts === undefined) throw error;
  const some = (await texts()).slice(0, MOST_LOOKED_AT);
  if (some.length === 0) throw error;
  const encoders = models();
  const share = await encoders.shareWithSeveral(folder, some).finally(() => encoders.encoder.dispose());
  const several = `${Math.round(share * some.length)} of ${count(some.length, 'text')}`;
  throw new UserError(
    error.code,
    `${error.message} If each were right or not by itself, several would be right at once in ${several} here.`,
    { data: error.data, cause: error },
  );
}

/** Texts that are looked at to see how outputs may be read. */
const MOST_LOOKED_AT = 50;

/** The classifier that is named; for a model folder alone, its own labels. */
async function foundClassifier(
  values: SessionValues,
  folder: EncoderFolder | undefined,
  store: ModelStore,
): Promise<FoundClassifier> {
  if (folder !== undefined && values.classifier === undefined)
    return { classifier: await classifierOfFolder(folder, values, store), workspace: process.cwd() };
  refuseEncoderOptions(values);
  const found = await findClassifier(values.classifier ?? DEFAULT_CLASSIFIER, process.cwd());
  const isForFolder = found.classifier.asks.kind === 'encoder';
  if (isForFolder && values.model !== '' && folder === undefined)
    throw usageError(
      `The classifier "${found.classifier.name}" needs a model folder, which --model does not name.`,
    );
  if (!isForFolder && folder !== undefined)
    throw usageError(
      `The classifier "${found.classifier.name}" asks a language model, and --model names a sequence classification model.`,
    );
  return found;
}

/** Endpoints of the settings and language models belong to the editor. */
const elsewhere: SourceOpener = ({ classifier }) =>
  Promise.reject(
    new UserError(
      'source-elsewhere',
      `The classifier "${classifier.name}" has the source "${sourceNameText(classifier.source)}", which the command line cannot use.`,
    ),
  );

const refuseMany: BeforeMany = ({ sendsTextsTo, estimate }) =>
  Promise.reject(
    new UserError(
      'many-requests',
      `${sendsTextsTo} would get ${estimateInWords(estimate)}. Nothing was sent.`,
    ),
  );

/** Reports once why a requested GPU is not used. */
function tellingFallback(open: SourceOpener, io: Io): SourceOpener {
  let isTold = false;
  return (request, work) =>
    open(request, async (source) => {
      const { device } = await source.identity(request.signal);
      if (!isTold && device?.fallback !== undefined) io.err(`${device.fallback} Using the CPU.\n`);
      isTold = true;
      return work(source);
    });
}

function encoderModels(
  values: SessionValues,
  io: Io,
  models: ModelStore,
  folder: EncoderFolder | undefined,
): EncoderModels {
  const threads = wholeNumber('threads', values.threads);
  return new EncoderModels({
    models,
    encoder: new EncoderClient({ encoderPath: besideThis('encoder.mjs'), log: logger(io) }),
    ...(folder === undefined ? {} : { folderFor: () => Promise.resolve(folder) }),
    threads: () => threads,
  });
}

function besideThis(bundle: string): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), bundle);
}

/** Errors of a process with a model are told; the rest is for people who look for a defect. */
function logger(io: Io): ModelLog {
  return (level, message) => {
    if (level === 'error') io.err(`engine: ${oneLine(message)}\n`);
  };
}

function engineModels(
  values: SessionValues,
  io: Io,
  workspace: string,
  adapterFile: string | undefined,
): EngineModels {
  const gpu = GPU_CHOICES.find((name) => name === values.gpu);
  if (gpu === undefined)
    throw usageError(`--gpu must be one of ${GPU_CHOICES.join(', ')}, not "${values.gpu}".`);
  const layers = values['gpu-layers'];
  const settings: LoadSettings = {
    gpu,
    gpuLayers: layers === 'auto' ? 'auto' : wholeNumber('gpu-layers', layers),
    threads: wholeNumber('threads', values.threads),
  };
  const models = new ModelStore(cacheFolder('models'));
  const adapters = new AdapterStore(cacheFolder('adapters'));
  let tell = (text: string): void => {
    tell = () => undefined;
    io.err(text);
  };
  return new EngineModels({
    models,
    engine: new EngineClient({
      enginePath: besideThis('engine.mjs'),
      log: logger(io),
    }),
    modelFor: (classifier) => modelOf(values.model, models, classifier, (text) => tell(text)),
    adapters: {
      adapters:
        adapterFile === undefined ? adapters : { load: (_, name) => adapters.loadFile(adapterFile, name) },
      workspaceOf: () => Promise.resolve(workspace),
    },
    settings: () => settings,
  });
}

/**
 * The person may name any path; it is used and not remembered. A classifier can only name a model of the list. Of
 * several models one is taken by default, and said.
 */
async function modelOf(
  given: string,
  models: ModelStore,
  classifier: Pick<Classifier, 'model'> | undefined,
  tell: (text: string) => void,
): Promise<ModelEntry> {
  const isPath = given.includes('/') || given.includes(path.sep);
  if (isPath) return models.fileAt(given);
  const byDefault = async (): Promise<ModelEntry | undefined> => {
    const preferred = await models.preferred();
    if (preferred === undefined) return undefined;
    const { entry, why } = preferred;
    const reason = why === 'chosen' ? 'the one chosen in VS Code' : 'the one used last';
    tell(`The model is ${oneLine(entry.file)}, ${reason}. To use another one, add --model NAME.\n`);
    return entry;
  };
  return chooseModel(models, given === '' ? classifier : undefined, given, byDefault);
}
