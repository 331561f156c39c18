/**
 * The text of the status bar item for each state of model and engine. It does not import vscode, so that it can be
 * tested.
 */
import { editorText, visibleName } from '../../core/encode';
import type { Job } from '../../app/jobs/job';
import { shareOf } from '../../app/jobs/progress';
import { deviceInWords, type DeviceReport } from '../../core/words/device';
import { loadingInWords } from '../../core/words/progress';
import { formatBytes, formatShare } from '../../core/words/quantities';
import type { ChosenModel } from '../../editor/chosen-model';
import type { EncoderInfo } from '../../protocol/encoder';
import type { EngineState } from '../../sources/engine-client';
import type { ModelState } from '../../sources/model-client';

export interface StatusText {
  /** The text, with codicons before it. */
  readonly text: string;
  /** For screen readers: the same without icons. */
  readonly spoken: string;
  readonly severity: 'none' | 'warning' | 'error';
  /** [name, value], for the tooltip. */
  readonly details: readonly (readonly [string, string])[];
}

export interface StatusSettings {
  /** 0: never. */
  readonly unloadAfterMinutes: number;
}

/** Of the processes with models: the one with language models, and the one with sequence classification models. */
export interface ModelStates {
  readonly engine: EngineState;
  readonly encoder: ModelState<EncoderInfo>;
}

export function statusText(
  { engine: state, encoder }: ModelStates,
  chosen: ChosenModel,
  settings: StatusSettings,
): StatusText {
  if (chosen.kind === 'elsewhere') return elsewhereText(state, chosen);
  if (chosen.kind === 'encoder') return encoderText(encoder, chosen, settings, beside(state));
  switch (state.kind) {
    case 'stopped':
      return stoppedText(chosen);
    case 'starting': {
      const what = loadingInWords(state.progress);
      const name = chosen.kind === 'none' ? 'Model' : shortName(chosen.file);
      return line('$(loading~spin)', `${name}: ${what}`, 'none', [
        ...(chosen.kind === 'none' ? [] : [['Model', chosen.file] as const]),
        ['State', what],
      ]);
    }
    case 'ready': {
      const { model, pending } = state;
      const device = deviceInWords(model.device);
      const busy = pending > 0;
      const { fallback } = model.device;
      return line(
        busy ? '$(sync~spin)' : '$(symbol-boolean)',
        `${shortName(model.fileName)} · ${device}${busy ? ` · ${pending} running` : ''}`,
        'none',
        [
          ['Model', modelInWords(model)],
          ['Device', deviceDetail(device, model.device)],
          ...(fallback === undefined ? [] : [['Why not on a GPU', fallback] as const]),
          ...(chosen.kind === 'there' && chosen.file !== model.fileName
            ? [['Next request', `loads ${chosen.file}`] as const]
            : []),
          ['State', busy ? requestsInWords(pending) : 'ready'],
          ['Unloads', unloadInWords(settings.unloadAfterMinutes)],
          [
            'Loaded in',
            `${(model.loadMs / 1000).toFixed(1)} s, by llama.cpp ${model.versions.llamaCpp} ` +
              `(node-llama-cpp ${model.versions.nodeLlamaCpp})`,
          ],
        ],
      );
    }
    case 'failed': {
      const name = chosen.kind === 'none' ? 'Model' : shortName(chosen.file);
      return line('$(error)', `${name}: failed`, 'error', [
        ...(chosen.kind === 'none' ? [] : [['Model', chosen.file] as const]),
        ['State', 'failed'],
        ['Reason', state.error.message],
      ]);
    }
  }
}

/** The classifier that Classify Selection uses. */
export interface ShownClassifier {
  readonly name: string;
  /** Whether it can be used here. */
  readonly isThere: boolean;
  /** Name of its calibrator; undefined for raw scores. */
  readonly calibrator: string | undefined;
}

/** The status with the classifier in use before the model. */
export function withClassifier(
  status: StatusText,
  { name, isThere, calibrator }: ShownClassifier,
): StatusText {
  const words = isThere ? shortName(name) : `${shortName(name)}: missing`;
  const how = calibrator === undefined ? 'raw scores' : `calibrated by ${calibrator}`;
  return {
    ...status,
    // Behind the icon.
    text: status.text.replace(' ', () => ` ${editorText(visibleName(words))} · `),
    spoken: status.spoken.replace(': ', () => `: ${visibleName(words)}, `),
    severity: isThere || status.severity === 'error' ? status.severity : 'warning',
    details: [
      ['Classifier', isThere ? `${name}, ${how}` : `${name} is not here, or its file has an error`],
      ...status.details,
    ],
  };
}

/** The status with the jobs that run beside the model's state. */
export function withJobs(status: StatusText, jobs: readonly RunningJob[]): StatusText {
  const [first] = jobs;
  if (first === undefined) return status;
  const share = first.progress === undefined ? '' : ` ${formatShare(shareOf(first.progress))}`;
  const words = jobs.length === 1 ? `${shortName(first.title)}${share}` : `${jobs.length} jobs`;
  return {
    ...status,
    text: `${status.text} · ${editorText(words)}`,
    spoken: `${status.spoken} · ${words}`,
    details: [
      ...status.details,
      ...jobs.map(({ title, progress }) => ['Job', `${title}: ${progress?.words ?? 'starting'}`] as const),
    ],
  };
}

/** What the status shows of a job. */
type RunningJob = Pick<Job, 'title' | 'progress'>;

type Elsewhere = Extract<ChosenModel, { readonly kind: 'elsewhere' }>;

type EncoderFolder = Extract<ChosenModel, { readonly kind: 'encoder' }>;

/** The state of the engine does not matter to a classifier that does not use it, so only the tooltip shows it. */
function beside(state: EngineState): StatusText['details'] {
  const engine = engineBeside(state);
  return engine === undefined
    ? []
    : [['Model on this machine', `${engine}; the chosen classifier does not use it`] as const];
}

function encoderText(
  state: ModelState<EncoderInfo>,
  { file, isThere }: EncoderFolder,
  { unloadAfterMinutes }: StatusSettings,
  besideIt: StatusText['details'],
): StatusText {
  const name = shortName(file);
  const model = ['Model', `${file}, a sequence classification model`] as const;
  if (!isThere)
    return line('$(symbol-boolean)', `${name}: missing`, 'warning', [
      model,
      ['State', 'this folder is missing'],
      ...besideIt,
    ]);
  switch (state.kind) {
    case 'stopped':
      return line('$(symbol-boolean)', name, 'none', [
        model,
        ['State', 'not loaded; loads with the first request'],
        ...besideIt,
      ]);
    case 'starting':
      return line('$(loading~spin)', `${name}: loading the model`, 'none', [
        model,
        ['State', 'loading the model'],
        ...besideIt,
      ]);
    case 'ready': {
      const { pending, model: info } = state;
      const busy = pending > 0;
      return line(
        busy ? '$(sync~spin)' : '$(symbol-boolean)',
        `${name} · CPU${busy ? ` · ${pending} running` : ''}`,
        'none',
        [
          model,
          ['Device', `CPU, ${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}`],
          ['State', busy ? requestsInWords(pending) : 'ready'],
          ['Unloads', unloadInWords(unloadAfterMinutes)],
          ['Loaded in', `${(info.loadMs / 1000).toFixed(1)} s, by ONNX Runtime ${info.versions.onnxruntime}`],
          ...besideIt,
        ],
      );
    }
    case 'failed':
      return line('$(error)', `${name}: failed`, 'error', [
        model,
        ['State', 'failed'],
        ['Reason', state.error.message],
        ...besideIt,
      ]);
  }
}

function elsewhereText(state: EngineState, { name, inWords, problem }: Elsewhere): StatusText {
  return line('$(globe)', shortName(name), problem === undefined ? 'none' : 'warning', [
    ['Source', inWords],
    problem === undefined
      ? ['State', 'asked when something is classified; nothing is loaded here']
      : ['Reason', problem],
    ...beside(state),
  ]);
}

function engineBeside(state: EngineState): string | undefined {
  switch (state.kind) {
    case 'stopped':
      return undefined;
    case 'starting':
      return loadingInWords(state.progress);
    case 'ready':
      return state.pending === 0
        ? `${state.model.fileName}, loaded`
        : `${state.model.fileName}, ${requestsInWords(state.pending)}`;
    case 'failed':
      return `failed: ${state.error.message}`;
  }
}

function requestsInWords(pending: number): string {
  return `${pending} ${pending === 1 ? 'request' : 'requests'} running`;
}

function stoppedText(chosen: Exclude<ChosenModel, Elsewhere | EncoderFolder>): StatusText {
  switch (chosen.kind) {
    case 'none':
      return line('$(symbol-boolean)', 'No model', 'warning', [
        [
          'Model',
          chosen.present === 0
            ? 'none on this machine yet: download one, or choose a .gguf file'
            : `none of the ${chosen.present} on this machine is chosen`,
        ],
      ]);
    case 'missing':
      return line('$(symbol-boolean)', `${shortName(chosen.file)}: missing`, 'warning', [
        ['Model', chosen.file],
        ['State', 'this file is missing'],
      ]);
    case 'there':
      return line('$(symbol-boolean)', shortName(chosen.file), 'none', [
        ['Model', `${chosen.file}, ${formatBytes(chosen.bytes)}`],
        ['State', 'not loaded; loads with the first request'],
      ]);
  }
}

function line(
  icon: string,
  text: string,
  severity: StatusText['severity'],
  details: StatusText['details'],
): StatusText {
  return {
    text: `${icon} ${editorText(text)}`,
    spoken: `Prompt Confidence: ${visibleName(text)}`,
    severity,
    details,
  };
}

const LONGEST_NAME = 28;

/**
 * The file name without its extension, cut in the middle: both ends of "…-3B-Instruct-Q4_K_M" distinguish models.
 *
 * @internal
 */
export function shortName(file: string): string {
  const name = file.replace(/\.gguf$/i, '');
  if (name.length <= LONGEST_NAME) return name;
  const half = (LONGEST_NAME - 1) / 2;
  return `${name.slice(0, Math.ceil(half))}…${name.slice(-Math.floor(half))}`;
}

function modelInWords(model: { fileName: string; bytes: number; name?: string | undefined }): string {
  const own = model.name === undefined ? '' : ` (${model.name})`;
  return `${model.fileName}${own}, ${formatBytes(model.bytes)}`;
}

function deviceDetail(words: string, device: DeviceReport): string {
  return device.backend === 'cpu' ? words : `${words}, ${device.backend}`;
}

function unloadInWords(minutes: number): string {
  if (minutes === 0) return 'never';
  return `after ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} without use`;
}
