import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as z from 'zod';
import { remedyFor } from '../../src/cli/remedies';
import { UserError } from '../../src/core/user-error';
import { ROOT } from '../support/paths';

interface Text {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Every literal text of a folder's code, templates without what is put into them. */
function textsOf(folder: string): Text[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = path.join(folder, name);
      const source = ts.createSourceFile(
        file,
        readFileSync(path.join(ROOT, file), 'utf8'),
        ts.ScriptTarget.Latest,
      );
      const found: Text[] = [];
      const visit = (node: ts.Node): void => {
        if (
          ts.isStringLiteralLike(node) ||
          ts.isTemplateHead(node) ||
          ts.isTemplateMiddleOrTemplateTail(node)
        )
          found.push({
            file,
            line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
            text: node.text,
          });
        ts.forEachChild(node, visit);
      };
      visit(source);
      return found;
    });
}

/** The codes of every error for people that a folder's code makes. */
function codesOf(folder: string): Set<string> {
  const codes = new Set<string>();
  for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(path.join(ROOT, folder, name), 'utf8');
    for (const [, code] of text.matchAll(/new UserError\(\s*'([a-z-]+)'/gu)) codes.add(code ?? '');
  }
  return codes;
}

/** What both surfaces show. */
const SHARED = ['src/core', 'src/protocol', 'src/sources', 'src/store', 'src/app', 'src/engine'];
const EDITOR = ['src/editor', 'src/features', 'webview'];

/** Options of other programs, and of Node. */
const NOT_OURS = /^--(expose-gc|merge|vscode-)|llama-gguf-split/u;

describe('texts for people', () => {
  const optionIn = ({ text }: Text): boolean =>
    !NOT_OURS.test(text) && /(?:^|[\s"(])--[a-z][a-z-]+/u.test(text);

  it('name an option of the command line on the command line alone', () => {
    const found = [...SHARED, ...EDITOR].flatMap(textsOf).filter(optionIn);
    assert.deepEqual(found, []);
    assert.ok(textsOf('src/cli').some(optionIn), 'the check finds options where they are');
  });

  it('name a command of the editor in the editor alone', () => {
    const manifest = z
      .object({ contributes: z.object({ commands: z.array(z.object({ title: z.string() })) }) })
      .parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
    const nls = path.join(ROOT, 'package.nls.json');
    const words = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(nls, 'utf8')));
    const titles = manifest.contributes.commands
      .map(({ title }) => words[/^%(.+)%$/u.exec(title)?.[1] ?? ''] ?? title)
      // "Show Result" is a command, "show result" are words.
      .filter((title) => /^[A-Z]\S* [A-Z]/u.test(title));
    assert.ok(titles.length > 10);
    const found = [...SHARED, 'src/cli']
      .flatMap(textsOf)
      .filter(({ text }) => titles.some((title) => text.includes(title)));
    assert.deepEqual(found, []);
  });

  it('say at a terminal what only a terminal can do', () => {
    const terminal = [...SHARED, 'src/cli'].flatMap((folder) => [...codesOf(folder)]);
    assert.ok(terminal.length > 50);
    const remedies = terminal.map((code) =>
      remedyFor(
        new UserError(code, '', { data: { role: 'label', classifier: 'sentiment', index: 1, of: 2 } }),
      ),
    );
    const said = remedies.filter((remedy) => remedy !== '');
    assert.ok(said.length >= 15, 'codes with a remedy exist');
    for (const remedy of said) assert.match(remedy, /^[A-Z].*\.$/u);
  });
});
