/** `prompt-confidence tune`: fine-tunes the classifier's own model with LoRA. */
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  estimateTuning,
  preparedAlone,
  tuningKind,
  type TunedAdapter,
  type TuningEstimate,
  type TuningHome,
  type TuningOrder,
} from '../app/jobs/tuning';
import { Jobs } from '../app/jobs/jobs';
import type { Job } from '../app/jobs/job';
import {
  type EnvironmentPlace,
  installEnvironment,
  planEnvironment,
  removeEnvironment,
  trainerPython,
} from '../app/training/environment';
import { checkBase, prepareTuning, type TuningFacts } from '../app/training/prepare';
import { proveTuning } from '../app/training/prove';
import {
  checkNoInput,
  takenFiles,
  type TuningPlace,
  tuningWork,
  workFiles,
  workspaceOfAdapter,
  writtenFiles,
} from '../app/training/tuning-run';
import { DEFAULT_TUNING, STOP_ON, TUNING_LOSSES, type TuningSettings } from '../core/model/adapter-card';
import { oneLine } from '../core/encode';
import { askingOf } from '../core/classifier/definition';
import { cancelledError, UserError } from '../core/user-error';
import { count } from '../core/words/calibration';
import {
  curvePointInWords,
  installInWords,
  PROOF_COLUMNS,
  proofRows,
  proofVerdict,
  trainerInWords,
  tuningEstimateInWords,
  tuningFactsInWords,
} from '../core/words/tuning';
import { cardFile } from '../store/adapters';
import { cacheFolder } from '../store/cache-home';
import { findClassifier } from '../store/classifiers';
import { exists } from '../store/exists';
import { checkFolderOf } from '../store/folders';
import { outputFile, positional } from './calibration/options';
import { aligned } from './calibration/render';
import { command, DONE, type Io, usageError } from './command';
import { wholeNumber } from './numbers';
import { SESSION_OPTIONS, SESSION_USAGE, withSession } from './session';

const USAGE = `Usage: prompt-confidence tune LABELLED --classifier NAME --out ADAPTER.gguf [options]
Fine-tune the model of a classifier on labelled rows with LoRA. LABELLED is a CSV with a text and a label in each row. 20%
of the rows are held out, and of the rest 15% decide when training ends. A column "group" keeps rows together, and a column
"split" (train, validation, test) divides them as you want. Beside ADAPTER.gguf its card is written, LABELLED with its split,
and the hold-out with Monte Carlo dropout. Ctrl-C pauses; the same command resumes.

  --out FILE              the adapter to write; .prompt-confidence/adapters/NAME.gguf for a classifier to name it
  --text-column NAME      column with the texts (default: text)
  --loss NAME             ${TUNING_LOSSES.join(' or ')} (default: label)
  --stop-on WHAT          ${STOP_ON.join(' or ')} of the validation rows (default: nll)
  --rank N                rank of the adapter (default: ${DEFAULT_TUNING.rank})
  --epochs N              at most so many passes over the rows (default: ${DEFAULT_TUNING.epochs})
  --base FOLDER           a Hugging Face folder of the same weights, if transformers cannot read the model's file
  --without-examples      tune the prompt without its examples: another prompt, which later calls evaluate faster
  --estimate              say what it would do and how long it would take, and end
  --install               install the trainer into the cache, if it is not there: torch and what it needs
  --uninstall             delete the trainer's environment, and end
  --python FILE           a Python that has the trainer's packages, or a Python 3.10 or newer to install it with
                          (default: python3)
  --pip-argument ARG      a further argument for pip, for another build of torch; may be repeated
  --force                 replace ADAPTER.gguf and the files beside it
  --restart               start over instead of resuming an interrupted run
  --json                  print a summary as one JSON document
${SESSION_USAGE}
`;

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      out: { type: 'string' },
      'text-column': { type: 'string', default: 'text' },
      loss: { type: 'string', default: 'label' },
      'stop-on': { type: 'string', default: 'nll' },
      rank: { type: 'string', default: String(DEFAULT_TUNING.rank) },
      epochs: { type: 'string', default: String(DEFAULT_TUNING.epochs) },
      base: { type: 'string' },
      'without-examples': { type: 'boolean', default: false },
      estimate: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
      uninstall: { type: 'boolean', default: false },
      python: { type: 'string', default: '' },
      'pip-argument': { type: 'string', multiple: true, default: [] as string[] },
      force: { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
type Values = ReturnType<typeof parse>['values'];

export const tune = command(USAGE, async (argv, io) => {
  const { values, positionals } = parse(argv);
  if (values.uninstall) {
    positional(positionals);
    await removeEnvironment(tuningHome(io));
    io.out('The trainer is not installed any more.\n');
    return DONE;
  }
  const [file = ''] = positional(positionals, 'LABELLED');
  if (values.restart && values.estimate)
    throw usageError(
      '--restart discards an interrupted run, and --estimate changes nothing. Use one of them.',
    );
  // Known before anything is installed.
  if (values.classifier !== undefined)
    askingOf((await findClassifier(values.classifier, process.cwd())).classifier);
  const base = values.base === undefined ? null : path.resolve(values.base);
  if (base !== null) await checkBase(base);
  const settings = settingsOf(values);
  const home = tuningHome(io);
  const place = await placeOf(home.cache, file, values);
  const python = await pythonFor(home, values, io);
  io.err(`${oneLine(trainerInWords(python))}\n`);
  const signal = io.signal ?? new AbortController().signal;
  const kind = tuningKind({ ...home, prove: proving(values, io) });
  const prepare = async (): Promise<{ order: TuningOrder; facts: TuningFacts; estimate: TuningEstimate }> => {
    const { order, facts } = await withSession(raw(values), io, async ({ sources, classifier }) => {
      const asked: TuningOrder = {
        ...place,
        ...{ table: path.resolve(file), python, classifier: classifier.name, facts: [] },
        ...{ textColumn: values['text-column'], examples: !values['without-examples'] },
        mayReplace: values.force ? writtenFiles(place.out) : [],
      };
      const { table, textColumn, examples } = asked;
      const found = await prepareTuning(
        sources,
        {
          ...place,
          ...{ table, textColumn, classifier, examples, base, settings, jobs: home.folder },
          startOver: values.restart ? () => kind.discard(asked) : undefined,
        },
        io.signal,
      );
      return { order: { ...asked, facts: tuningFactsInWords(found) }, facts: found };
    });
    for (const line of order.facts) io.err(`${oneLine(line)}\n`);
    return { order, facts, estimate: await estimateTuning(home, order, signal) };
  };
  const { order, facts, estimate } = await preparedAlone(home, place, prepare, !values.estimate);
  io.err(`${tuningEstimateInWords(estimate)}\n`);
  if (values.estimate) {
    io.out(values.json ? `${JSON.stringify({ schema: 1, facts, estimate }, null, 2)}\n` : '');
    return DONE;
  }
  const jobs = new Jobs((line) => io.err(`${oneLine(line)}\n`));
  const job = jobs.start(kind, order);
  tell(io, job);
  const interrupt = (): void => job.pause();
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();
  const end = await job.ended;
  if (end.state === 'failed') throw end.error;
  if (end.state !== 'finished') throw cancelledError();
  io.out(values.json ? `${JSON.stringify(summary(end.result), null, 2)}\n` : said(end.result));
  return DONE;
});

/**
 * Where the tuning writes. The files that its own unfinished run has written are there to be replaced.
 *
 * @throws UserError usage, same-file, file-exists, leads-elsewhere, no-folder, bad-name
 */
async function placeOf(cache: string, file: string, values: Values): Promise<TuningPlace> {
  const { force, restart, classifier } = values;
  const inputs = [file, ...(classifier?.endsWith('.json') === true ? [classifier] : [])];
  // Whether it is taken is seen below, with the files beside it.
  const out = path.resolve(await outputFile(values.out, true, inputs));
  if (!out.endsWith('.gguf')) throw usageError('--out must end in .gguf.');
  // A workspace need not have adapters yet. Another folder that is not there is a mistake, which training would hide for hours.
  const workspace = workspaceOfAdapter(out);
  await checkFolderOf(workspace === undefined ? out : path.join(workspace, '.prompt-confidence'));
  await checkNoInput(out, inputs);
  const place = { out, work: tuningWork(cache, out) };
  const isResumed = !restart && (await exists(workFiles(place.work).candidates));
  const [taken, ...more] = force || isResumed ? [] : await takenFiles(out);
  if (taken === undefined) return place;
  throw new UserError(
    'file-exists',
    more.length === 0
      ? `${taken} already exists.`
      : `${taken} and ${count(more.length, 'more file')} of this fine-tuning already exist.`,
  );
}

/** Neither the classifier's calibrator nor its adapter counts while its model is tuned. */
function raw(values: Values): Values & { readonly 'no-calibrator': true; readonly 'no-adapter': true } {
  return { ...values, 'no-calibrator': true, 'no-adapter': true };
}

/** With an engine of its own: while the model was trained, none was there. */
function proving(values: Values, io: Io): TuningHome['prove'] {
  return ({ out, examples, textColumn }, files, context) =>
    withSession(
      raw(values),
      io,
      ({ sources, classifier }) =>
        proveTuning(
          sources,
          {
            ...files,
            classifier,
            examples,
            textColumn,
            made: { version: io.version, time: io.now() },
          },
          context,
        ),
      { adapterFile: out },
    );
}

/** A Python that trains, installed if the person agreed. */
async function pythonFor(home: EnvironmentPlace, values: Values, io: Io): Promise<string> {
  const { python, 'pip-argument': pipArguments } = values;
  const there = await trainerPython(home, { python, pipArguments });
  if (there !== undefined) return there;
  const plan = await planEnvironment(home);
  if (!values.install) throw new UserError('training-consent', installInWords(plan));
  return installEnvironment(home, {
    python,
    pipArguments,
    signal: io.signal,
    onProgress: (words) => io.err(`${words}\n`),
  });
}

function tuningHome(io: Io): Omit<TuningHome, 'prove'> {
  return {
    program: path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'training'),
    cache: cacheFolder('training'),
    folder: cacheFolder('jobs'),
    now: () => performance.now(),
    clock: () => io.now(),
    version: io.version,
  };
}

function settingsOf(values: Values): TuningSettings {
  const loss = TUNING_LOSSES.find((name) => name === values.loss);
  if (loss === undefined)
    throw usageError(`--loss must be ${TUNING_LOSSES.join(' or ')}, not "${values.loss}".`);
  const stopOn = STOP_ON.find((name) => name === values['stop-on']);
  if (stopOn === undefined)
    throw usageError(`--stop-on must be ${STOP_ON.join(' or ')}, not "${values['stop-on']}".`);
  const threads = wholeNumber('threads', values.threads);
  return {
    ...DEFAULT_TUNING,
    loss,
    stopOn,
    rank: wholeNumber('rank', values.rank, { low: 1, high: 256 }),
    epochs: wholeNumber('epochs', values.epochs, { low: 1, high: 100 }),
    threads: threads === 0 ? os.availableParallelism() : Math.min(threads, os.availableParallelism()),
    seed: wholeNumber('seed', values.seed),
  };
}

/** Milliseconds between two lines about the progress. */
const TELL_MS = 5000;

function tell(io: Io, job: Job): void {
  let toldAt = -TELL_MS;
  job.onDidChange(() => {
    const { progress } = job;
    if (progress === undefined || performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    io.err(`${oneLine(progress.words)}\n`);
  });
}

function summary({
  card,
  adapter,
  splitTable,
  dropoutTable,
  baseDifference,
  proven: { tables, calibrators },
}: TunedAdapter): object {
  return {
    schema: 1,
    adapter,
    card: cardFile(adapter),
    splitTable,
    dropoutTable,
    tables,
    calibrators,
    baseDifference,
    tuning: card.tuning,
  };
}

function said({ card, adapter, proven: { proof, tables } }: TunedAdapter): string {
  const curve = card.tuning?.curve ?? [];
  const chosen = curve.find(({ step }) => step === card.tuning?.chosenStep);
  const name = path.basename(adapter, '.gguf');
  const { title, text, warning } = proofVerdict(proof);
  const lines = [
    `${adapter} is complete.`,
    ...(curve[0] === undefined ? [] : [`Validation rows, ${curvePointInWords(curve[0])}.`]),
    ...(chosen === undefined ? [] : [`Validation rows, ${curvePointInWords(chosen)}. This is the adapter.`]),
    `${title}. ${text}`,
  ];
  const after = [
    ...proof.notes,
    ...(warning === null ? [] : [warning]),
    `To use the adapter, write "adapter": ${JSON.stringify(name)} into the classifier, and the name of its calibrator.`,
    `To see where the two differ, run: prompt-confidence compare ${tables.base} ${tables.tuned} --names base,tuned`,
  ];
  const inLines = (all: readonly string[]): string => all.map((line) => `${oneLine(line)}\n`).join('');
  return `${inLines(lines)}${aligned([[...PROOF_COLUMNS], ...proofRows(proof)])}${inLines(after)}`;
}
