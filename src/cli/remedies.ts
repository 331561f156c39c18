/** What a person at a terminal can do about an error, by its code. The error's own message is for every surface. */
import * as z from 'zod';
import type { Acceptable } from '../core/data/doubts';
import type { ErrorCode } from '../core/error-codes';
import type { Warning } from '../core/model/predictions';
import { quoted } from '../core/quote';
import type { UserError } from '../core/user-error';

const NO_ADAPTER = 'To use the model alone, add --no-adapter.';
const FEWER_REQUESTS = 'Limit the requests with --requests-per-minute N.';
const NAME_MODEL = 'Name one with --model FILE.';
const PAIRED =
  'Compare tables of the same rows. If their ids or texts are in another column, name it with --column id=NAME or --column text=NAME.';
const NAME_LABELS =
  "If labels are numbers on one side, name them with --id2label 0=NAME,1=NAME,… or a model's config.json.";

const role = z.object({ role: z.string().optional() });
const named = z.object({ classifier: z.string().optional() });
const replaceable = z.object({ instead: z.string().optional() });
const mapped = z.object({ columns: z.record(z.string(), z.string()).optional() });
const unusable = mapped.extend({ areNumbered: z.boolean().optional() });
const unnamed = mapped.extend({ label: z.string().default('LABEL') });
const accepted = mapped.extend({ accept: z.string().default('DOUBT') });
const open = z.object({ isOpen: z.boolean().default(false), kinds: z.array(z.string()).default([]) });
const unsaid = z.object({ isUnsaid: z.boolean().optional() });
const labelled = z.object({ labels: z.array(z.string()).default([]) });
const shard = z.object({ index: z.number(), of: z.number() });

/** Where a classifier's scores are calibrated. Who names the calibrator's file knows which one to change. */
const otherThanNamed = (data: UserError['data']): string =>
  named.parse(data).classifier === undefined
    ? ''
    : 'Name another one with --calibrator FILE, or leave it out with --no-calibrator.';

function guessed(data: UserError['data']): string {
  const { columns } = mapped.parse(data);
  return columns === undefined ? '' : `This may fit: ${columnArguments(columns)}.`;
}

/** The option that chooses one of the labels that an error names. */
function labelOption(data: UserError['data']): string {
  const [label = 'LABEL'] = labelled.parse(data).labels;
  return `Add for example --label ${inShell(label)}.`;
}

const REMEDIES: Readonly<Partial<Record<ErrorCode, string | ((data: UserError['data']) => string)>>> = {
  'adapter-card': NO_ADAPTER,
  'adapter-differs': NO_ADAPTER,
  'adapter-mismatch': NO_ADAPTER,
  'adapter-missing': NO_ADAPTER,
  'adapter-newer': NO_ADAPTER,
  'adapter-unreadable': NO_ADAPTER,
  'already-calibrated': (data) => {
    const { columns } = mapped.parse(data);
    return columns === undefined ? '' : optionsFor(columns);
  },
  'ambiguous-column': (data) => {
    const named = role.parse(data).role;
    return named === undefined ? '' : `Specify it with --column ${named}=NAME.`;
  },
  'bad-name': otherThanNamed,
  'calibrator-combination':
    'Score the table with --methods token,consistency,ensemble --no-calibrator, then use "apply".',
  'calibrator-invalid': otherThanNamed,
  'calibrator-methods': 'Leave the calibrator out with --no-calibrator.',
  'calibrator-mismatch': otherThanNamed,
  'calibrator-missing': otherThanNamed,
  'calibrator-newer': otherThanNamed,
  'calibrator-not-json': otherThanNamed,
  'calibrator-unreadable': otherThanNamed,
  'encoder-labels': 'Name the labels in the order of the outputs with --labels A,B,….',
  'encoder-missing': 'Name it with --model FOLDER.',
  'encoder-problem': (data) => {
    const { isOpen, kinds } = open.parse(data);
    return isOpen ? `Say it with ${kinds.map((kind) => `--outputs ${kind}`).join(' or ')}.` : '';
  },
  'endpoint-busy': FEWER_REQUESTS,
  'endpoint-invalid':
    'Correct --endpoint, --endpoint-model, --api, --top-logprobs, --requests-per-minute or --price.',
  'endpoint-key': 'Set the environment variable PROMPT_CONFIDENCE_API_KEY.',
  'endpoint-no-logprobs':
    'Use --confidence-method consistency, or ask for fewer tokens with --top-logprobs N.',
  'endpoint-not-found': 'Correct --endpoint URL, --endpoint-model NAME or --api chat|completion.',
  'endpoint-prompt': 'Choose the API with --api chat|completion.',
  'endpoint-thinks': 'Use --confidence-method consistency.',
  'endpoint-timeout': FEWER_REQUESTS,
  'engine-down': 'Turn the GPU off with --gpu off.',
  'file-appeared': 'The same command resumes; with --force it replaces the file.',
  'file-exists': 'Choose another name, or replace the file with --force.',
  'import-labels': 'Name them with --labels A,B or --classifier NAME.',
  'import-origin': 'Name what it is with --from NAME.',
  'import-run': 'Choose one with --run NAME.',
  'import-table': 'Open it with "evaluate".',
  'labels-differ': (data) =>
    replaceable.parse(data).instead === 'confidence'
      ? 'Give the tables the same labels. If one only has more labels than the other, you can compare the confidences alone with --on confidence.'
      : '',
  'labels-not-shown': 'Ask for more tokens with --top-logprobs N.',
  'many-requests': 'Add --yes if you want that, or ask for fewer answers with --samples N.',
  'model-differs': NAME_MODEL,
  'model-missing': NAME_MODEL,
  'no-common-rows': (data) => (role.parse(data).role === 'id' ? PAIRED : ''),
  'no-combination': 'Score the table with --methods token,consistency,ensemble.',
  'no-label-scores': (data) =>
    replaceable.parse(data).instead === 'confidence'
      ? 'To use the confidence alone, add --on confidence.'
      : '',
  'no-model': NAME_MODEL,
  'no-such-column': (data) => {
    switch (role.parse(data).role) {
      case 'people':
        return 'Name the column of the labels with --label-column NAME.';
      case 'text':
        return 'Name the column of the texts with --text-column NAME.';
      case 'slice':
        return 'Name another column with --slice.';
      case 'votes':
        return '';
      default:
        return 'Name the column with --column ROLE=NAME.';
    }
  },
  'no-usable-rows': (data) => {
    const { areNumbered, columns } = unusable.parse(data);
    if (columns !== undefined) return `To switch the column off, add ${columnArguments(columns)}.`;
    return areNumbered === true ? NAME_LABELS : '';
  },
  'not-at-random': (data) =>
    unsaid.parse(data).isUnsaid === true ? 'If they were drawn at random, add --drawn-at-random.' : '',
  'not-a-shard': 'Make shards with score --shard I/N.',
  'own-labels': 'Use "evaluate" with --labels FILE --label LABEL.',
  'part-changed': 'Start over with --restart.',
  'part-unreadable': 'Start over with --restart.',
  'run-changed': 'Start over with --restart.',
  'no-columns': guessed,
  'no-truth': guessed,
  'one-score-column': guessed,
  'positive-unnamed': (data) => {
    const { label, columns = {} } = unnamed.parse(data);
    return `If it is that of ${quoted(label)}, add ${columnArguments(columns)}.`;
  },
  'table-doubtful': (data) => {
    const { accept, columns } = accepted.parse(data);
    const other = columns === undefined ? [] : [optionsFor(columns)];
    const names = accept === 'other-labels' ? [NAME_LABELS] : [];
    return `${[...other, ...names].map((sentence) => `${sentence} `).join('')}If the table is as it should be, add --accept ${accept}.`;
  },
  'training-consent': 'To install it, add --install.',
  'training-environment':
    'Name a Python with --python FILE, or give pip further arguments with --pip-argument ARG.',
  unpaired: (data) => (role.parse(data).role === 'id' ? PAIRED : ''),
  'several-methods': 'Choose one with --scores.',
  'shard-missing': (data) => {
    const { index, of } = shard.parse(data);
    return `Score it with --shard ${index}/${of}, or name its file too.`;
  },
  'which-label': labelOption,
  'source-elsewhere': 'Specify where to ask with --endpoint URL --endpoint-model NAME --api chat|completion.',
};

/** The options that read a table in another way, as they are typed. */
function columnArguments(columns: Readonly<Record<string, string>>): string {
  return Object.entries(columns)
    .map(([key, column]) => `--column ${inShell(`${key}=${column}`)}`)
    .join(' ');
}

/** A name comes from a table, and a person may paste the line into a shell. */
function inShell(argument: string): string {
  return /^[\w:=./-]+$/u.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** What a person at a terminal can do about a warning; empty if its message is enough. */
export function remedyForWarning({ code, instead }: Warning): string {
  if (code === 'other-labels') return NAME_LABELS;
  return instead === undefined ? '' : optionsFor(instead);
}

/** What to do about a doubt that leaves a gate undecided; some that nobody can accept there. */
export function remedyForGate(code: Acceptable): string {
  switch (code) {
    case 'unused-rows':
      return 'Correct the rows that were not used, or take them out of the table.';
    case 'missing-label':
      return 'Correct the labels of the rows, or add rows of the label that none has; if it is none, take its scores out of the table.';
    default:
      return `If the table is as it should be, add --accept ${code}.`;
  }
}

function optionsFor(columns: Readonly<Record<string, string>>): string {
  return `The options for that: ${columnArguments(columns)}.`;
}

/** A sentence; empty if the error's message is enough. */
export function remedyFor({ code, data }: UserError): string {
  const remedy = REMEDIES[code];
  return typeof remedy === 'function' ? remedy(data) : (remedy ?? '');
}
