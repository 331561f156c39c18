import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as z from 'zod';
import { remedyFor } from '../../src/cli/remedies';
import { ERROR_CODES } from '../../src/core/error-codes';
import { UserError } from '../../src/core/user-error';
import { actionNamed, actionsFor } from '../../src/editor/remedies';
import { ROOT } from '../support/paths';

interface Text {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What was read of each folder: every test asks for most of them. */
const READ = new Map<string, readonly Text[]>();

/** Every literal text of a folder's code, templates without what is put into them. */
function textsOf(folder: string): readonly Text[] {
  const texts = READ.get(folder) ?? readTexts(folder);
  READ.set(folder, texts);
  return texts;
}

function readTexts(folder: string): Text[] {
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

/** What both surfaces show. */
const SHARED = ['src/core', 'src/protocol', 'src/sources', 'src/store', 'src/app', 'src/engine'];
const EDITOR = ['src/editor', 'src/features', 'webview'];

/** Options of other programs, and of Node. */
const NOT_OURS = /^--(expose-gc|input$|max-old-space-size|merge|no-input$|vscode-|work$)|llama-gguf-split/u;

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

  it('name a button of the editor in the editor alone', () => {
    const buttons = EDITOR.flatMap(textsOf).filter((entry) => /^[A-Z][\w ]*…$/u.test(entry.text));
    assert.ok(buttons.length > 5, 'the check finds buttons where they are');
    assert.deepEqual(
      [...SHARED, 'src/cli']
        .flatMap(textsOf)
        .filter((entry) => buttons.some(({ text }) => entry.text.includes(text))),
      [],
    );
  });

  it('name no setting where a terminal shows them too', () => {
    const found = SHARED.flatMap(textsOf).filter(({ text }) =>
      /"(?:topLogprobs|requestsPerMinute|api)"|\bin the settings\b/u.test(text),
    );
    assert.deepEqual(found, []);
  });
});

describe('the codes of errors for people', () => {
  const LIST = path.join('src', 'core', 'error-codes.ts');
  const REMEDIES = [path.join('src', 'cli', 'remedies.ts'), path.join('src', 'editor', 'remedies.ts')];

  it('are thrown somewhere, each of them', () => {
    const thrown = new Set(
      [...SHARED, 'src/cli', ...EDITOR]
        .flatMap(textsOf)
        .filter(({ file }) => file !== LIST && !REMEDIES.includes(file))
        .map(({ text }) => text),
    );
    assert.deepEqual(
      ERROR_CODES.filter((code) => !thrown.has(code)),
      [],
    );
  });

  it('have remedies at a terminal that are sentences', () => {
    const data = { role: 'label', classifier: 'sentiment', index: 1, of: 2, instead: 'confidence' };
    const said = ERROR_CODES.map((code) => remedyFor(new UserError(code, '', { data }))).filter(
      (remedy) => remedy !== '',
    );
    assert.ok(said.length >= 25, 'codes with a remedy exist');
    for (const remedy of said) assert.match(remedy, /^[A-Z].*\.$/u);
  });

  it('lead to --on confidence only where the table has a confidence that would do', () => {
    const remedy = (data: object) => remedyFor(new UserError('no-label-scores', '', { data: { ...data } }));
    assert.equal(remedy({}), '');
    assert.match(remedy({ instead: 'confidence' }), /--on confidence/u);
  });

  it('have buttons in the editor, and a button for each of a family', () => {
    assert.deepEqual(actionsFor('unexpected'), ['Show Log']);
    const missing = ERROR_CODES.filter(
      (code) =>
        /^(?:classifier|endpoint|engine|gguf|labels|text)-/u.test(code) && actionsFor(code)[0] === 'Show Log',
    );
    assert.deepEqual(missing, []);
    for (const action of new Set(ERROR_CODES.flatMap(actionsFor))) assert.ok(actionNamed(action));
    assert.equal(actionNamed('Retry'), undefined);
  });
});
