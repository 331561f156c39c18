/** How a classifier names the source of its scores. */

export type SourceName =
  | { readonly kind: 'engine' }
  | { readonly kind: 'endpoint'; readonly name: string }
  /** `model`: id of a language model of the editor; null for whichever it offers. */
  | { readonly kind: 'editor'; readonly model: string | null };

/** "engine", "endpoint:NAME", "editor" or "editor:MODEL ID"; undefined for anything else. */
export function parseSourceName(text: string): SourceName | undefined {
  const [, kind, name] = /^(engine|endpoint|editor)(?::(\S.*))?$/su.exec(text) ?? [];
  if (kind === 'engine' && name === undefined) return { kind };
  if (kind === 'endpoint' && name !== undefined) return { kind, name };
  if (kind === 'editor') return { kind, model: name ?? null };
  return undefined;
}

/** The name as it is written in a file. */
export function sourceNameText(source: SourceName): string {
  if (source.kind === 'engine') return 'engine';
  if (source.kind === 'endpoint') return `endpoint:${source.name}`;
  return source.model === null ? 'editor' : `editor:${source.model}`;
}
