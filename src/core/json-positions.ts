/**
 * The position of each value in a JSON text, and of the first error. JSON.parse knows both and reports
 * neither (its messages differ between engines). This parser follows RFC 8259, for files of a few kilobytes.
 */

/** Offsets in UTF-16 units, the end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** @internal */
export type JsonPath = readonly (string | number)[];

export type JsonPositions =
  | {
      readonly ok: true;
      readonly find: (path: JsonPath) => Span;
      readonly findKey: (path: JsonPath) => Span;
      readonly valueOf: (field: string) => Span | undefined;
    }
  | { readonly ok: false; readonly message: string; readonly span: Span };

interface Node {
  readonly span: Span;
  /** Children by key or index; empty for scalars. */
  readonly children: ReadonlyMap<string | number, Child>;
}

interface Child {
  /** The key of a member, with its quotes; undefined in an array. */
  readonly key: Span | undefined;
  readonly node: Node;
}

/**
 * `find` returns the value at a path, or the deepest part of the path that exists (the key of a field, for its parent).
 * `findKey` returns the key of the field at a path, with its quotes, and `valueOf` the whole value of a field of the top.
 */
export function jsonPositions(text: string): JsonPositions {
  try {
    const root = new Reader(text).document();
    return {
      ok: true,
      find: (path) => find(root, path),
      findKey: (path) => findKey(root, path),
      valueOf: (field) => root.children.get(field)?.node.span,
    };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const start = Math.min(error.at, Math.max(0, text.length - 1));
    return { ok: false, message: error.message, span: { start, end: Math.min(text.length, start + 1) } };
  }
}

function find(root: Node, path: JsonPath): Span {
  let node = root;
  let key: Span | undefined;
  for (const [index, part] of path.entries()) {
    const child = node.children.get(part);
    // A missing field is shown at what should hold it: its key, or its opening bracket.
    if (child === undefined) return key ?? { start: node.span.start, end: node.span.start + 1 };
    if (index === path.length - 1 && child.node.children.size > 0 && child.key !== undefined)
      return child.key;
    ({ node } = child);
    key = child.key;
  }
  return node.children.size > 0 || node === root
    ? { start: node.span.start, end: node.span.start + 1 }
    : node.span;
}

function findKey(root: Node, path: JsonPath): Span {
  const parent = path
    .slice(0, -1)
    .reduce<Node | undefined>((node, part) => node?.children.get(part)?.node, root);
  return parent?.children.get(path.at(-1) ?? '')?.key ?? find(root, path);
}

class Broken extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
/** Deeper nesting is no classifier, and would overflow the stack. */
const DEEPEST = 200;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): Node {
    const node = this.value(0);
    this.space();
    if (this.at < this.text.length)
      throw new Broken(this.at, 'There is something after the end of the JSON value');
    return node;
  }

  private value(depth: number): Node {
    this.space();
    if (depth > DEEPEST) throw new Broken(this.at, 'This is nested too deeply');
    const start = this.at;
    switch (this.text[start]) {
      case undefined:
        throw new Broken(start, 'The file ends where a value is expected');
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        this.string();
        break;
      default:
        if (this.take(NUMBER) === undefined && this.take(LITERAL) === undefined)
          throw new Broken(start, `A value is expected here, not ${this.shown()}`);
    }
    return { span: { start, end: this.at }, children: new Map() };
  }

  private object(depth: number): Node {
    const start = this.at++;
    const children = new Map<string, Child>();
    this.space();
    if (this.skip('}')) return { span: { start, end: this.at }, children };
    for (;;) {
      this.space();
      const keyStart = this.at;
      if (this.text[keyStart] !== '"')
        throw new Broken(
          keyStart,
          this.text[keyStart] === '}'
            ? 'There is a comma before the closing bracket'
            : `A field name in double quotes is expected here, not ${this.shown()}`,
        );
      const name = this.string();
      const key = { start: keyStart, end: this.at };
      this.space();
      if (!this.skip(':')) throw new Broken(this.at, `A colon is expected here, not ${this.shown()}`);
      // As JSON.parse: if two fields have the same name, the last one counts.
      children.set(name, { key, node: this.value(depth + 1) });
      this.space();
      if (this.skip('}')) return { span: { start, end: this.at }, children };
      if (!this.skip(',')) throw new Broken(this.at, `A comma or } is expected here, not ${this.shown()}`);
    }
  }

  private array(depth: number): Node {
    const start = this.at++;
    const children = new Map<number, Child>();
    this.space();
    if (this.skip(']')) return { span: { start, end: this.at }, children };
    for (;;) {
      this.space();
      if (this.text[this.at] === ']')
        throw new Broken(this.at, 'There is a comma before the closing bracket');
      children.set(children.size, { key: undefined, node: this.value(depth + 1) });
      this.space();
      if (this.skip(']')) return { span: { start, end: this.at }, children };
      if (!this.skip(',')) throw new Broken(this.at, `A comma or ] is expected here, not ${this.shown()}`);
    }
  }

  private string(): string {
    const start = this.at;
    const literal = this.take(STRING);
    if (literal === undefined)
      throw new Broken(
        start,
        'This string does not end on its line, or has an escape that JSON does not know',
      );
    return JSON.parse(literal) as string;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? 'x')) this.at++;
  }

  private shown(): string {
    const character = this.text.codePointAt(this.at);
    return character === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(character));
  }
}
