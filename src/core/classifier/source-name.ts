/** How a classifier names the source of its scores, and what is known about a source before it is opened. */

interface SourceKindTraits {
  /** Whether a name follows the kind in a classifier file: "endpoint:NAME". */
  readonly takesName: 'never' | 'always' | 'optionally';
  /** Whether texts are sent to another machine, or to a provider that may do so. */
  readonly sendsTexts: boolean;
}

/** Every kind of source. The surface opens it: see `SourceOpeners` in src/app. */
const SOURCE_KINDS = {
  engine: { takesName: 'never', sendsTexts: false },
  endpoint: { takesName: 'always', sendsTexts: true },
  editor: { takesName: 'optionally', sendsTexts: true },
} as const satisfies Readonly<Record<string, SourceKindTraits>>;
export type SourceKind = keyof typeof SOURCE_KINDS;

export interface SourceName {
  readonly kind: SourceKind;
  /** The name of an endpoint or the id of an editor model; null for a kind that needs none. */
  readonly name: string | null;
}

export const DEFAULT_SOURCE: SourceName = { kind: 'engine', name: null };

/** "engine", "endpoint:NAME", "editor" or "editor:MODEL ID"; undefined for anything else. */
export function parseSourceName(text: string): SourceName | undefined {
  const [, kind = '', name = null] = /^([a-z]+)(?::(\S.*))?$/su.exec(text) ?? [];
  if (!isSourceKind(kind)) return undefined;
  const { takesName } = SOURCE_KINDS[kind];
  const isAllowed = takesName === 'optionally' || (takesName === 'always') === (name !== null);
  return isAllowed ? { kind, name } : undefined;
}

/** The name as it is written in a file. */
export function sourceNameText({ kind, name }: SourceName): string {
  return name === null ? kind : `${kind}:${name}`;
}

export function sendsTexts({ kind }: SourceName): boolean {
  return SOURCE_KINDS[kind].sendsTexts;
}

function isSourceKind(kind: string): kind is SourceKind {
  return Object.hasOwn(SOURCE_KINDS, kind);
}
