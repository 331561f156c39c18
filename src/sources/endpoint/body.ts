/** The body of an answer as a value: JSON, JSON with a bare −Infinity as Python writes it, or a stream nobody asked for. */
import { jsonOf } from '../../core/data/json';

/** @returns undefined if the text is neither */
export function valueOf(text: string): unknown {
  return jsonOf(text) ?? jsonOf(withoutInfinity(text)) ?? streamed(text);
}

/** A value that is out of range is read as −Infinity; what stands in quotes stays. */
function withoutInfinity(text: string): string {
  let isQuoted = false;
  return text.replace(/\\[^]|"|-Infinity/g, (part) => {
    if (part === '"') isQuoted = !isQuoted;
    return part === '-Infinity' && !isQuoted ? '-1e999' : part;
  });
}

/** More pieces than any short answer has. */
const MOST_PIECES = 20_000;

/** Objects within the pieces that grow: the message, and its log-probabilities. */
const DEEPEST = 3;

type Fields = Readonly<Record<string, unknown>>;

/** The pieces of a stream, server-sent events or one JSON text a line, as the answer that they make together. */
function streamed(text: string): Fields | undefined {
  const pieces: Fields[] = [];
  for (const line of text.split('\n', MOST_PIECES)) {
    const data = line.replace(/^data:/, '').trim();
    if (data === '' || data === '[DONE]' || /^(?:event|id|retry)?:/.test(data)) continue;
    const piece = jsonOf(data) ?? jsonOf(withoutInfinity(data));
    if (!isFields(piece)) return undefined;
    pieces.push(piece);
  }
  const [first] = pieces;
  if (first === undefined) return undefined;
  const failed = pieces.find((piece) => 'error' in piece);
  if (failed !== undefined) return failed;
  const choices = new Map<unknown, Fields>();
  for (const { choices: parts } of pieces)
    for (const part of Array.isArray(parts) ? (parts as readonly unknown[]) : [])
      if (isFields(part)) {
        const { delta, ...rest } = part;
        const whole = delta === undefined ? rest : { ...rest, message: delta };
        const index = part.index ?? 0;
        choices.set(index, joined(choices.get(index) ?? {}, whole, DEEPEST));
      }
  return { ...first, choices: [...choices.values()] };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields whose texts are written piece by piece. */
const GROWING = new Set(['content', 'text', 'reasoning', 'reasoning_content']);

function joined(before: Fields, next: Fields, deeper: number): Fields {
  const all: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(next)) {
    const old = all[name];
    if (value === null || value === undefined) all[name] = old ?? value;
    else if (Array.isArray(old) && Array.isArray(value))
      all[name] = [...(old as unknown[]), ...(value as unknown[])];
    else if (typeof old === 'string' && typeof value === 'string' && GROWING.has(name))
      all[name] = old + value;
    else if (isFields(old) && isFields(value) && deeper > 0) all[name] = joined(old, value, deeper - 1);
    else all[name] = value;
  }
  return all;
}
