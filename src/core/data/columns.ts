/**
 * The role of each column of a table: found by name, or specified by the person.
 */
import { MOST_LABELS } from '../model/most-labels';
import { pairOf } from '../model/pair';
import { UserError } from '../user-error';
import { listed, quoted, shortened } from '../quote';
import {
  CALIBRATOR_OF,
  labelAfter,
  type LabelColumn,
  labelToShow,
  notIndependent,
  TRUTH_OF,
  truthNames,
  YES,
  yesLabel,
} from './multi-label';

/** The roles of single columns, and the names they are found by (compared without case and outer spaces). */
const ROLE_NAMES = {
  text: ['text'],
  label: ['label', 'y_true'],
  predicted: ['predicted', 'y_pred'],
  confidence: ['confidence'],
  correct: ['correct'],
  positive: ['y_prob'],
  labelMass: ['label_mass'],
  bound: ['label_bound'],
  id: ['id'],
  group: ['group'],
  split: ['split'],
  weight: ['weight'],
  calibrator: ['calibrator_sha256'],
} as const;

export type Role = keyof typeof ROLE_NAMES;
const ROLES = Object.keys(ROLE_NAMES) as readonly Role[];

/** Roles that belong to one confidence method, and so may have its prefix: `<method>/confidence`. */
const METHOD_ROLES: ReadonlySet<Role> = new Set([
  'predicted',
  'confidence',
  'correct',
  'positive',
  'labelMass',
  'bound',
]);

/** The types of score columns, in order of preference if a table has several types. */
export const SCORE_TYPES = ['logprob', 'logit', 'prob'] as const;
export type ScoreType = (typeof SCORE_TYPES)[number];

/** The columns that hold a score for every label. */
export interface ScoreColumns {
  readonly type: ScoreType;
  /** (K) label order. Null: the other label of a single score, named after the first other true label in the table. */
  readonly labels: readonly (string | null)[];
  /** (K) column of each label's score. Null: implied by the only other one (probability 1 − p, logit 0). */
  readonly index: readonly (number | null)[];
}

/** The columns of a header. Numbers are column indexes from 0. */
export interface TableColumns {
  readonly header: readonly string[];
  readonly roles: Readonly<Partial<Record<Role, number>>>;
  /** The roles that nobody assigned: their columns were found by name. */
  readonly found: readonly Role[];
  /** Null: the table has confidence alone. */
  readonly scores: ScoreColumns | null;
  /** Scores of the agreement beside the token probabilities in `scores`, for a combination of both; else null. */
  readonly agreement: ScoreColumns | null;
  /** The `<method>/` prefix in use, without the slash. */
  readonly prefix: string | null;
  /** The name of a label that may be written by its number. */
  readonly named: (label: string) => string;
  /** The label that is looked at, of a table whose labels do not exclude each other; null for any other table. */
  readonly ofLabel: string | null;
}

export interface ColumnOptions {
  /** Which `<method>/` columns to use, if a table has several confidence methods. */
  readonly prefix?: string | undefined;
  /**
   * Column by role (`label`) or by score name (`prob:spam`): wins over names. An empty column name switches a
   * role off.
   */
  readonly mapping?: Readonly<Record<string, string>> | undefined;
  /** Names that several columns have which hold the same: the first of them is read. */
  readonly repeated?: readonly string[] | undefined;
  /** Names of labels that the table writes as numbers, `1` or `LABEL_1`, by their number: a model's `id2label`. */
  readonly id2label?: ReadonlyMap<number, string> | undefined;
  /** The label order to read in; the table must have exactly these labels. Absent: the order of the columns. */
  readonly labels?: readonly string[] | undefined;
  /** Which label to look at, of a table whose labels do not exclude each other (`yes:<label>`). */
  readonly label?: string | undefined;
  /** 'confidence': ignore score columns if the table also has a confidence column. */
  readonly on?: 'labels' | 'confidence' | undefined;
  /**
   * Read token probability and agreement together (`token/…` and `consistency/…`), as a combination weights them. The
   * result is under `ensemble/`.
   */
  readonly combine?: boolean | undefined;
}

/** Prefixes of the columns that a combination reads and writes. */
export const COMBINED = { token: 'token', agreement: 'consistency', out: 'ensemble' } as const;

/** What a calibrated table puts before the names of the raw predictions that it keeps. */
export const RAW = 'raw:';

interface ScoreName {
  readonly type: ScoreType;
  readonly label: string;
}

/**
 * Finds the columns of a header.
 *
 * @throws UserError no-columns, ambiguous-column, no-such-column, unknown-role, several-methods, no-such-method,
 *   one-score-column, labels-differ, too-many-labels
 */
export function findColumns(header: readonly string[], options: ColumnOptions = {}): TableColumns {
  const named = header.map((name) => name.trim());
  const each = labelColumns(header, options.mapping);
  if (each.length > 0) return viewColumns(header, named, each, options);
  if (options.label !== undefined) throw notIndependent(options.label);
  if (options.combine === true) return combinedColumns(header, named, options);
  const prefix = choosePrefix(named, options.prefix, options.mapping ?? {});
  const roles: Partial<Record<Role, number>> = {};
  for (const role of ROLES) {
    const index = roleColumn(named, role, prefix, options);
    if (index !== undefined) roles[role] = index;
  }
  const found = scoreColumns(named, roles, prefix, options);
  checkMapping(options.mapping ?? {});
  const useConfidence = options.on === 'confidence' && roles.confidence !== undefined;
  const nameOf = labelNames(options.id2label);
  const scores = found === null || useConfidence ? null : inOrder(renamed(found, nameOf), options.labels);
  if (scores === null && roles.confidence === undefined) throw noColumns(named);
  return {
    header,
    roles,
    found: foundByName(roles, options),
    scores,
    agreement: null,
    prefix,
    named: nameOf,
    ofLabel: null,
  };
}

/**
 * The labels of a table whose labels do not exclude each other (`yes:<label>`), with their columns, in the order of the
 * columns; empty for any other table. The truth of a label is `label:<label>`, or else a column of the label's very name.
 *
 * @throws UserError ambiguous-column, no-such-column, no-such-label
 */
export function labelColumns(
  header: readonly string[],
  mapping: ColumnOptions['mapping'] = {},
): readonly LabelColumn[] {
  const named = header.map((name) => name.trim());
  const columns = new Map<string, string>();
  for (const column of named) {
    const label = yesLabel(column);
    if (label !== undefined) columns.set(label, mapping[`${YES}${label}`] ?? columnAfter(named, YES, label));
  }
  for (const [key, column] of Object.entries(mapping)) {
    const label = yesLabel(key);
    if (label === undefined) continue;
    if (column === '') columns.delete(label);
    else columns.set(label, column);
  }
  checkTruths(mapping, [...columns.keys()]);
  return Array.from(columns, ([label, column]) => {
    const bare = roleOf(label) === undefined ? named.find((name) => name === label) : undefined;
    const truth = mapping[`${TRUTH_OF}${label}`] ?? (columnAfter(named, TRUTH_OF, label) || (bare ?? ''));
    const calibrator = columnAfter(named, CALIBRATOR_OF, label);
    return {
      label,
      yes: columnNamed(named, column),
      truth: truth === '' ? undefined : columnNamed(named, truth),
      calibrator: calibrator === '' ? undefined : columnNamed(named, calibrator),
    };
  });
}

/**
 * The column of a label that begins so, in any case and with any space before the label; empty without one.
 *
 * @throws UserError ambiguous-column
 */
function columnAfter(named: readonly string[], start: string, label: string): string {
  const [own = '', other] = new Set(named.filter((name) => labelAfter(start, name) === label));
  if (other !== undefined)
    throw new UserError(
      'ambiguous-column',
      `The columns ${quoted(own)} and ${quoted(other)} could both be "${start}${label}". Rename one.`,
    );
  return own;
}

/** @throws UserError no-such-label: a truth is assigned to what is none of the labels, so nobody would read it */
function checkTruths(mapping: Readonly<Record<string, string>>, labels: readonly string[]): void {
  for (const key of Object.keys(mapping)) {
    const label = labelAfter(TRUTH_OF, key);
    if (label === undefined || labels.includes(label)) continue;
    if (labels.length === 0) throw notIndependent(label);
    labelToShow(labels, label);
  }
}

/** Roles of a whole row, whichever label is looked at. */
const ROW_ROLES = ['text', 'id', 'group', 'split', 'weight'] as const satisfies readonly Role[];

/**
 * One label of a table whose labels do not exclude each other, as a table of two labels: it and not it.
 *
 * @throws UserError both-kinds, which-label, no-such-label, no-such-method, no-combination, labels-differ
 */
function viewColumns(
  header: readonly string[],
  named: readonly string[],
  each: readonly LabelColumn[],
  options: ColumnOptions,
): TableColumns {
  const { mapping = {}, prefix, combine } = options;
  const exclusive = named.find((column) => scoreName(splitPrefix(column).name) !== undefined);
  if (exclusive !== undefined)
    throw new UserError(
      'both-kinds',
      `The table has probabilities of labels that do not exclude each other (${quoted(named[each[0]?.yes ?? 0] ?? '')}) and scores of labels that do (${quoted(exclusive)}). Take one kind out of the table.`,
    );
  const label = labelToShow(
    each.map((column) => column.label),
    options.label,
  );
  if (prefix !== undefined)
    throw new UserError('no-such-method', `The table has no columns that begin with "${prefix}/".`);
  if (combine === true)
    throw new UserError('no-combination', 'A combination is for labels that exclude each other.');
  checkMapping(mapping);
  const columns = each.find((column) => column.label === label);
  const roles: Partial<Record<Role, number>> = {};
  for (const role of ROW_ROLES) {
    const index = roleColumn(named, role, null, options);
    if (index !== undefined) roles[role] = index;
  }
  const truth = mapping.label === undefined ? columns?.truth : roleColumn(named, 'label', null, options);
  if (truth !== undefined) roles.label = truth;
  if (columns?.calibrator !== undefined && mapping.calibrator !== '') roles.calibrator = columns.calibrator;
  return {
    header,
    roles,
    found: foundByName(roles, options),
    scores: inOrder(
      { type: 'prob', labels: pairOf(label), index: [columns?.yes ?? null, null] },
      options.labels,
    ),
    agreement: null,
    prefix: null,
    named: truthNames(label),
    ofLabel: label,
  };
}

function labelNames(names: ColumnOptions['id2label']): TableColumns['named'] {
  if (names === undefined) return (label) => label;
  return (label) => {
    const id = NUMBERED.exec(label)?.[1];
    return (id === undefined ? undefined : names.get(Number(id))) ?? label;
  };
}

/** A label without a name, as models and programs write it. */
const NUMBERED = /^(?:label_)?(\d+)(?:\.0)?$/iu;

/** Whether labels are numbers that a model's `id2label` may name. */
export function areNumbered(labels: readonly (string | null)[]): boolean {
  return labels.every((label) => label === null || NUMBERED.test(label));
}

function renamed(scores: ScoreColumns, nameOf: TableColumns['named']): ScoreColumns {
  return { ...scores, labels: scores.labels.map((label) => (label === null ? null : nameOf(label))) };
}

/** Whether columns tell which rows are right, and not only what is predicted. */
export function isTruthKnown({ roles, scores }: TableColumns): boolean {
  const { label, predicted, correct } = roles;
  return scores !== null
    ? label !== undefined
    : correct !== undefined || (label !== undefined && predicted !== undefined);
}

/** @throws UserError no-truth */
export function requireTruth(columns: TableColumns): void {
  if (isTruthKnown(columns)) return;
  throw new UserError(
    'no-truth',
    columns.ofLabel !== null
      ? `The table does not say for which rows ${quoted(columns.ofLabel)} is right: add a column "${TRUTH_OF}${columns.ofLabel}" with 1 or 0, empty where nobody knows.`
      : columns.scores !== null
        ? 'The table has scores but no truth: add a column "label" with the true label of each row.'
        : 'The table gives the confidence of each prediction, but not whether it is correct: add a column "correct" (1 or 0), ' +
          'or both "label" and "predicted".',
  );
}

/** @throws UserError no-combination, and as findColumns */
function combinedColumns(
  header: readonly string[],
  named: readonly string[],
  { mapping = {}, repeated, labels, id2label }: ColumnOptions,
): TableColumns {
  const roles: Partial<Record<Role, number>> = {};
  for (const role of ROLES) {
    const index = roleColumn(named, role, COMBINED.out, { mapping, repeated });
    if (index !== undefined) roles[role] = index;
  }
  const token = scoreColumns(named, {}, COMBINED.token);
  const agreement = scoreColumns(named, {}, COMBINED.agreement);
  if (token === null || agreement === null)
    throw new UserError(
      'no-combination',
      `A combination needs the columns "${COMBINED.token}/…" and "${COMBINED.agreement}/…" of one table.`,
    );
  const nameOf = labelNames(id2label);
  const scores = inOrder(renamed(token, nameOf), labels);
  const order = scores.labels.map((label) => label ?? '');
  return {
    header,
    roles,
    found: foundByName(roles, { mapping }),
    scores,
    agreement: inOrder(renamed(agreement, nameOf), order),
    prefix: COMBINED.out,
    named: nameOf,
    ofLabel: null,
  };
}

function foundByName(roles: TableColumns['roles'], { mapping = {} }: ColumnOptions): readonly Role[] {
  return ROLES.filter((role) => roles[role] !== undefined && mapping[role] === undefined);
}

/** Whether a table has scores of both methods that a combination needs, for the same labels. */
export function canCombine(header: readonly string[], options: ColumnOptions): boolean {
  if (options.on === 'confidence') return false;
  try {
    findColumns(header, { ...options, combine: true });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** How many cells of a possible header are known column names. */
export function knownColumns(header: readonly string[]): number {
  const isKnown = (cell: string) => {
    const name = splitPrefix(cell.trim()).name;
    return roleOf(name) !== undefined || scoreName(name) !== undefined || yesLabel(name) !== undefined;
  };
  return header.filter(isKnown).length;
}

/** Indexes of the columns that hold predictions of the method in use: every score, predicted, confidence, correct. */
export function predictionColumns({
  header,
  roles,
  scores,
  agreement,
  prefix,
}: TableColumns): readonly number[] {
  const byName = header.flatMap((column, index) => {
    const own = splitPrefix(column.trim());
    return own.prefix === prefix && scoreName(own.name) !== undefined ? [index] : [];
  });
  const byRole = (['predicted', 'confidence', 'correct', 'positive'] as const).flatMap(
    (role) => roles[role] ?? [],
  );
  // A combination leaves the columns that it reads as they are: they belong to other methods.
  const mapped = agreement === null ? (scores?.index.flatMap((index) => index ?? []) ?? []) : [];
  return [...new Set([...byName, ...byRole, ...mapped])];
}

/**
 * The mapping that reads a calibrated table by the raw predictions that it keeps (`raw:…`); undefined if it keeps none.
 */
export function rawMapping({ header, prefix, ofLabel }: TableColumns): Record<string, string> | undefined {
  if (ofLabel !== null) {
    const yes = `${YES}${ofLabel}`;
    const kept = header.map((name) => name.trim()).find((name) => name === `${RAW}${yes}`);
    return kept === undefined ? undefined : { [yes]: kept, calibrator: '' };
  }
  const roles: Readonly<Record<string, string>> = { predicted: '', confidence: '', correct: '' };
  const calibrated: Record<string, string> = {};
  const raw: Record<string, string> = {};
  for (const column of header.map((name) => name.trim())) {
    const isRaw = column.startsWith(RAW);
    const own = splitPrefix(isRaw ? column.slice(RAW.length) : column);
    if (own.prefix !== prefix) continue;
    const score = scoreName(own.name);
    const key = score === undefined ? roleOf(own.name) : scoreKey(score.type, score.label);
    if (key === undefined) continue;
    if (isRaw) raw[key] = column;
    else if (score !== undefined) calibrated[key] = '';
  }
  if (Object.keys(raw).length === 0) return undefined;
  return { ...roles, ...calibrated, ...raw, calibrator: '' };
}

/** Roles whose values are those of a single row, or predictions, for which there are better views. */
const OF_A_ROW: ReadonlySet<string> = new Set<Role>([...METHOD_ROLES, 'text', 'id', 'weight', 'calibrator']);

/** What `score` says about a single row. */
const REMARKS: ReadonlySet<string> = new Set(['score_warnings', 'score_error']);

/** Whether rows can be divided by the values of a column: not by an id, a text, a score, a remark or a raw prediction. */
export function divides(column: string, mapping: Readonly<Record<string, string>>): boolean {
  const { name } = splitPrefix(column);
  const roles = Object.entries(mapping).flatMap(([key, mapped]) => (mapped === column ? [key] : []));
  const own = roleOf(name);
  return !(
    column.startsWith(RAW) ||
    REMARKS.has(column) ||
    scoreName(name) !== undefined ||
    yesLabel(name) !== undefined ||
    labelAfter(CALIBRATOR_OF, name) !== undefined ||
    roles.some((key) => OF_A_ROW.has(key) || scoreName(key) !== undefined) ||
    (own !== undefined && mapping[own] === undefined && OF_A_ROW.has(own))
  );
}

function roleOf(name: string): Role | undefined {
  return ROLES.find((role) => (ROLE_NAMES[role] as readonly string[]).includes(name.toLowerCase()));
}

function scoreName(name: string): ScoreName | undefined {
  const match = /^(prob|logprob|logit):(.+)$/isu.exec(name);
  const type = SCORE_TYPES.find((entry) => entry === match?.[1]?.toLowerCase());
  const label = match?.[2]?.trim();
  return type === undefined || label === undefined || label === '' ? undefined : { type, label };
}

/** Splits `<method>/<name>` if the part after the first slash is a column that may have a method. */
function splitPrefix(column: string): { prefix: string | null; name: string } {
  const slash = column.indexOf('/');
  // `raw:sum/prob:a` is what a calibrated table keeps of `sum/prob:a`: no method of its own.
  if (slash > 0 && scoreName(column) === undefined && !column.startsWith(RAW)) {
    const name = column.slice(slash + 1);
    const role = roleOf(name);
    if (scoreName(name) !== undefined || (role !== undefined && METHOD_ROLES.has(role)))
      return { prefix: column.slice(0, slash), name };
  }
  return { prefix: null, name: column };
}

/** The name by which a label's score is found and mapped: `prob:spam`. */
export function scoreKey(type: ScoreType, label: string): string {
  return `${type}:${label}`;
}

/** The candidates for each role by column name: every column that could have it. */
export interface NamedColumns {
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
  /** By score name, without the method's prefix. */
  readonly scores: ReadonlyMap<string, readonly string[]>;
}

/**
 * For a person who decides: the candidates that `findColumns` considers, without its errors.
 *
 * @param prefix prefix in use, or null for the columns without one
 */
export function namedColumns(header: readonly string[], prefix: string | null): NamedColumns {
  const named = header.map((name) => name.trim());
  const roles: Partial<Record<Role, readonly string[]>> = {};
  for (const role of ROLES) {
    const found = columnsOfRole(named, role, prefix).map((index) => named[index] ?? '');
    if (found.length > 0) roles[role] = found;
  }
  const scores = new Map<string, readonly string[]>();
  for (const column of named) {
    const own = splitPrefix(column);
    const score = own.prefix === prefix ? scoreName(own.name) : undefined;
    if (score === undefined) continue;
    const key = scoreKey(score.type, score.label);
    scores.set(key, [...(scores.get(key) ?? []), column]);
  }
  return { roles, scores };
}

/** The `<method>/` prefixes of a header, without the slash, in the order of its columns. */
export function prefixesOf(header: readonly string[]): string[] {
  return [...new Set(header.flatMap((name) => splitPrefix(name.trim()).prefix ?? []))];
}

/** The prefix of a table that has scores of one method only, and none without a prefix; otherwise null. */
export function solePrefix(header: readonly string[]): string | null {
  const [prefix, other] = prefixesOf(header);
  return prefix === undefined || other !== undefined || hasPlainScores(header) ? null : prefix;
}

/** Whether a method must be chosen: the scores have several prefixes, and none is without a prefix. */
export function hasSeveralPrefixes(
  header: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): boolean {
  const isScore = (key: string) => key === 'confidence' || key === 'positive' || scoreName(key) !== undefined;
  const isMapped = Object.entries(mapping).some(([key, column]) => column !== '' && isScore(key));
  return prefixesOf(header).length > 1 && !hasPlainScores(header) && !isMapped;
}

function hasPlainScores(header: readonly string[]): boolean {
  return header
    .map((name) => splitPrefix(name.trim()))
    .some(({ prefix, name }) => prefix === null && (scoreName(name) !== undefined || isConfidence(name)));
}

/** The prefix in use: the requested one, or the only one of a table in which every score has a prefix. */
function choosePrefix(
  header: readonly string[],
  wanted: string | undefined,
  mapping: Readonly<Record<string, string>>,
): string | null {
  const prefixes = prefixesOf(header);
  if (wanted !== undefined) {
    if (prefixes.includes(wanted)) return wanted;
    const has =
      prefixes.length === 0 ? 'columns of one confidence method only' : `those of ${prefixes.join(', ')}`;
    throw new UserError(
      'no-such-method',
      `The table has no columns that begin with "${wanted}/": it has ${has}.`,
    );
  }
  if (!hasSeveralPrefixes(header, mapping)) return solePrefix(header);
  throw new UserError(
    'several-methods',
    `The table has scores of several confidence methods (${prefixes.join(', ')}). Choose one of them.`,
  );
}

function isConfidence(name: string): boolean {
  const role = roleOf(name);
  return role === 'confidence' || role === 'positive';
}

type Chosen = Pick<ColumnOptions, 'mapping' | 'repeated'>;

function roleColumn(
  header: readonly string[],
  role: Role,
  prefix: string | null,
  { mapping = {}, repeated }: Chosen,
): number | undefined {
  const mapped = mapping[role];
  if (mapped !== undefined) return mapped === '' ? undefined : columnNamed(header, mapped, repeated);
  const candidates = columnsOfRole(header, role, prefix);
  const [name, ...others] = new Set(candidates.map((index) => header[index] ?? ''));
  if (others.length > 0)
    throw new UserError(
      'ambiguous-column',
      `The columns ${candidates.map((index) => `"${header[index] ?? ''}"`).join(' and ')} could both be the ${role}. ` +
        `Rename one, or specify which is meant.`,
      { data: { role, candidates } },
    );
  return name === undefined ? undefined : columnNamed(header, name, repeated);
}

/** Whether a header has a column whose name tells the role, outside every confidence method. */
export function hasRole(header: readonly string[], role: Role): boolean {
  const named = header.map((name) => name.trim());
  return columnsOfRole(named, role, null).length > 0;
}

/**
 * The column whose name tells the role, outside every confidence method; undefined if there is none.
 *
 * @throws UserError ambiguous-column
 */
export function columnOfRole(header: readonly string[], role: Role): number | undefined {
  const named = header.map((name) => name.trim());
  const [first, second] = columnsOfRole(named, role, null);
  if (first !== undefined && second !== undefined)
    throw new UserError(
      'ambiguous-column',
      `The columns ${listed([named[first] ?? '', named[second] ?? ''])} both look like the ${role}. Rename one.`,
      { data: { role } },
    );
  return first;
}

/** Indexes of the columns whose names match the role. */
function columnsOfRole(header: readonly string[], role: Role, prefix: string | null): number[] {
  const wanted = METHOD_ROLES.has(role) ? prefix : null;
  return header.flatMap((column, index) => {
    const own = splitPrefix(column);
    return own.prefix === wanted && roleOf(own.name) === role ? [index] : [];
  });
}

/**
 * The index of a column by its exact name.
 *
 * @param repeated names that several columns may have
 * @param data of the error if there is none: what the column is for
 * @throws UserError no-such-column, ambiguous-column
 */
export function columnNamed(
  header: readonly string[],
  name: string,
  repeated: readonly string[] = [],
  data: UserError['data'] = {},
): number {
  const wanted = name.trim();
  const candidates = [...header.keys()].filter((index) => header[index] === wanted);
  const [first] = candidates;
  if (first === undefined)
    throw new UserError(
      'no-such-column',
      `The table has no column "${name}". Its columns are ${listed(header)}.`,
      { data },
    );
  if (candidates.length > 1 && !repeated.includes(wanted))
    throw new UserError(
      'ambiguous-column',
      `${candidates.length} columns are called ${quoted(wanted)}. Rename one.`,
      { data: { candidates } },
    );
  return first;
}

function checkMapping(mapping: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(mapping))
    if (
      !(ROLES as readonly string[]).includes(key) &&
      scoreName(key) === undefined &&
      yesLabel(key) === undefined &&
      labelAfter(TRUTH_OF, key) === undefined
    )
      throw new UserError(
        'unknown-role',
        `"${key}" is not a role of a column. Use ${ROLES.join(', ')}, prob:LABEL, logprob:LABEL, logit:LABEL, yes:LABEL or label:LABEL.`,
      );
}

function scoreColumns(
  header: readonly string[],
  roles: Readonly<Partial<Record<Role, number>>>,
  prefix: string | null,
  { mapping = {}, repeated }: Chosen = {},
): ScoreColumns | null {
  const byType = new Map<ScoreType, Map<string, number>>(SCORE_TYPES.map((type) => [type, new Map()]));
  for (const [index, column] of header.entries()) {
    const own = splitPrefix(column);
    const score = own.prefix === prefix ? scoreName(own.name) : undefined;
    if (score === undefined) continue;
    const labels = byType.get(score.type);
    if (labels?.has(score.label))
      throw new UserError('ambiguous-column', `The table has two columns "${column}". Rename or remove one.`);
    labels?.set(score.label, index);
  }
  for (const [key, column] of Object.entries(mapping)) {
    const score = scoreName(key);
    if (score === undefined) continue;
    if (column === '') byType.get(score.type)?.delete(score.label);
    else byType.get(score.type)?.set(score.label, columnNamed(header, column, repeated));
  }
  return (
    severalLabels(byType) ??
    single('logit', byType) ??
    single('prob', byType) ??
    positiveOnly(roles) ??
    refuseSingle(byType)
  );
}

function severalLabels(byType: ReadonlyMap<ScoreType, ReadonlyMap<string, number>>): ScoreColumns | null {
  for (const [type, columns] of byType)
    if (columns.size >= 2) return { type, labels: [...columns.keys()], index: [...columns.values()] };
  return null;
}

/** One score of two labels: the sigmoid of a logit, or a probability, is that of its label, and the other has the rest. */
function single(
  type: ScoreType,
  byType: ReadonlyMap<ScoreType, ReadonlyMap<string, number>>,
): ScoreColumns | null {
  const entry = [...(byType.get(type) ?? [])][0];
  if (entry === undefined) return null;
  const [label, index] = entry;
  return { type, labels: [label === '1' ? '0' : null, label], index: [null, index] };
}

/** `y_prob`: the probability of the positive class, whose labels are 0 and 1. */
function positiveOnly(roles: Readonly<Partial<Record<Role, number>>>): ScoreColumns | null {
  return roles.positive === undefined
    ? null
    : { type: 'prob', labels: ['0', '1'], index: [null, roles.positive] };
}

function refuseSingle(byType: ReadonlyMap<ScoreType, ReadonlyMap<string, number>>): null {
  for (const [type, columns] of byType)
    for (const label of columns.keys())
      throw new UserError(
        'one-score-column',
        `"${type}:${label}" is the only score column. Add one for every other label.`,
      );
  return null;
}

/** The same columns in the requested order of labels. */
function inOrder(scores: ScoreColumns, wanted: readonly string[] | undefined): ScoreColumns {
  if (scores.labels.length > MOST_LABELS)
    throw new UserError(
      'too-many-labels',
      `The table has scores for ${scores.labels.length.toLocaleString('en-US')} labels, but at most ` +
        `${MOST_LABELS.toLocaleString('en-US')} can be evaluated. Keep the columns of the labels that matter.`,
    );
  if (wanted === undefined) return scores;
  const other = wanted.find((label) => !scores.labels.includes(label));
  const labels = scores.labels.map((label) => label ?? other ?? null);
  const positions = wanted.map((label) => labels.indexOf(label));
  if (wanted.length !== labels.length || positions.includes(-1))
    throw new UserError(
      'labels-differ',
      `The table has the labels ${listed(labels.map((label) => label ?? '(unnamed)'))}, ` +
        `but ${listed(wanted)} are needed.`,
    );
  return { type: scores.type, labels: wanted, index: positions.map((at) => scores.index[at] ?? null) };
}

function noColumns(header: readonly string[]): UserError {
  return new UserError(
    'no-columns',
    `No predictions found: the table needs a column "confidence", or one "prob:LABEL", "logprob:LABEL" or ` +
      `"logit:LABEL" for each label, or "y_prob"; or "yes:LABEL" for labels that do not exclude each other. Its first line reads ${listed(header)}.`,
  );
}

/** The trimmed cell of a role; empty without one. */
export function cellOf({ roles }: TableColumns, cells: readonly string[], role: Role): string {
  const index = roles[role];
  return index === undefined ? '' : (cells[index] ?? '').trim();
}

/** Name of a column, for a sentence. */
export function columnName({ header }: TableColumns, index: number | null | undefined): string {
  return index === undefined || index === null ? '' : shortened((header[index] ?? '').trim());
}
