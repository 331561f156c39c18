/** How a classifier names the source of its scores, and what is known about a source before it is opened. */

interface SourceKindTraits {
  /** Whether a name follows the kind in a classifier file: "endpoint:NAME". */
  readonly takesName: 'never' | 'always' | 'optionally';
  /** What that name is. */
  readonly placeholder?: string;
  /** Whether texts are sent to another machine, or to a provider that may do so. */
  readonly sendsTexts: boolean;
  /** True for a source that is not named: the kind of the classifier decides. */
  readonly isImplied?: true;
  /** What it is, for the help of the classifier file. */
  readonly inWords: string;
}

/** Every kind of source. The surface opens it: see `SourceOpeners` in src/app. */
const SOURCE_KINDS = {
  engine: { takesName: 'never', sendsTexts: false, inWords: 'a model file on this machine' },
  endpoint: {
    takesName: 'always',
    placeholder: 'NAME',
    sendsTexts: true,
    inWords: 'a server in the setting promptConfidence.endpoints',
  },
  editor: {
    takesName: 'optionally',
    placeholder: 'MODEL ID',
    sendsTexts: true,
    inWords: 'a language model that VS Code offers',
  },
  encoder: {
    takesName: 'never',
    sendsTexts: false,
    isImplied: true,
    inWords: 'a sequence classification model on this machine',
  },
} as const satisfies Readonly<Record<string, SourceKindTraits>>;
export type SourceKind = keyof typeof SOURCE_KINDS;
/** The kinds that send texts away. */
export type DistantKind = {
  [Kind in SourceKind]: (typeof SOURCE_KINDS)[Kind]['sendsTexts'] extends true ? Kind : never;
}[SourceKind];

export interface SourceName {
  readonly kind: SourceKind;
  /** The name of an endpoint or the id of an editor model; null for a kind that needs none. */
  readonly name: string | null;
}

export const DEFAULT_SOURCE: SourceName = { kind: 'engine', name: null };
export const ENCODER_SOURCE: SourceName = { kind: 'encoder', name: null };

/** "engine", "endpoint:NAME", "editor" or "editor:MODEL ID"; undefined for anything else. */
export function parseSourceName(text: string): SourceName | undefined {
  const [, kind = '', name = null] = /^([a-z]+)(?::(\S.*))?$/su.exec(text) ?? [];
  if (!isSourceKind(kind)) return undefined;
  const { takesName, isImplied }: SourceKindTraits = SOURCE_KINDS[kind];
  if (isImplied === true) return undefined;
  const isAllowed = takesName === 'optionally' || (takesName === 'always') === (name !== null);
  return isAllowed ? { kind, name } : undefined;
}

/** The name as it is written in a file. */
export function sourceNameText({ kind, name }: SourceName): string {
  return name === null ? kind : `${kind}:${name}`;
}

export type DistantSourceName = SourceName & { readonly kind: DistantKind };

export function sendsTexts(source: SourceName): source is DistantSourceName {
  return SOURCE_KINDS[source.kind].sendsTexts;
}

/** One value for each kind of source. */
export function bySourceKind<Value>(of: (kind: SourceKind) => Value): Readonly<Record<SourceKind, Value>> {
  // Its keys are those of the list.
  return Object.fromEntries(kinds().map(([kind]) => [kind, of(kind)])) as Record<SourceKind, Value>;
}

/** How the sources can be written: "engine", "endpoint:NAME", "editor" or "editor:MODEL ID". */
export function sourceForms(): string {
  const forms = named().flatMap(([kind, traits]) => formsOf(kind, traits).map((form) => `"${form}"`));
  return `${forms.slice(0, -1).join(', ')} or ${forms.at(-1) ?? ''}`;
}

/** Each form with what it is: "engine: a model file on this machine; …". */
export function sourcesInWords(): string {
  return named()
    .map(([kind, traits]) => `${formsOf(kind, traits).join(', ')}: ${traits.inWords}`)
    .join('; ');
}

function formsOf(kind: SourceKind, { takesName, placeholder = 'NAME' }: SourceKindTraits): readonly string[] {
  return [
    ...(takesName === 'always' ? [] : [kind]),
    ...(takesName === 'never' ? [] : [`${kind}:${placeholder}`]),
  ];
}

/** Those that a classifier file can name. */
function named(): readonly (readonly [SourceKind, SourceKindTraits])[] {
  return kinds().filter(([, { isImplied }]) => isImplied !== true);
}

function kinds(): readonly (readonly [SourceKind, SourceKindTraits])[] {
  return Object.entries(SOURCE_KINDS) as [SourceKind, SourceKindTraits][];
}

function isSourceKind(kind: string): kind is SourceKind {
  return Object.hasOwn(SOURCE_KINDS, kind);
}
