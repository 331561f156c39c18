import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  editorText,
  inOneLine,
  logText,
  oneLine,
  pageText,
  terminalText,
  visibleName,
  visibleToken,
} from '../../../src/core/encode';
import { codeBlock, codeSpan, markdownSentence, markdownText } from '../../../src/core/markdown';
import { listed, quoted } from '../../../src/core/quote';
import { HOSTILE, unseenIn } from '../../support/hostile';

/** What VS Code makes links of (src/vs/base/common/linkedText.ts). */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
/** What VS Code makes icons of (src/vs/base/common/iconLabels.ts). */
const ICON = /(\\)?\$\(([A-Za-z0-9-]+(?:~[A-Za-z]+)?)\)/g;

const hostileText = fc.oneof(
  fc.constantFrom(...Object.values(HOSTILE)),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('[', ']', '(', ')', '$', 'command:', 'https://', '\\', '`', '\n', '\u202e', 'a', ' '),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join('')),
);

describe('the encoder of', () => {
  it('the terminal lets no control character through', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        assert.deepEqual(unseenIn(terminalText(text), '\n\t'), []);
      }),
      { numRuns: 2000 },
    );
  });

  it('the terminal keeps the values of a JSON document', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        const text = terminalText(JSON.stringify(value, null, 2));
        assert.deepEqual(unseenIn(text, '\n'), []);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('notifications, questions and lists makes no link and no icon', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (first, second) => {
        const text = editorText(`${first}${second}`);
        assert.equal(text.match(LINK), null, text);
        assert.equal(text.match(ICON), null, text);
        assert.deepEqual(unseenIn(text, '\n\t'), []);
      }),
      { numRuns: 2000 },
    );
  });

  it('notifications keeps words that are neither', () => {
    const words = 'f(x) [y] costs $5 (see a[1]) 👨‍👩‍👧 می‌خواهم';
    assert.equal(editorText(words), words);
  });

  it('pages shows what is invisible, and keeps lines', () => {
    for (const text of Object.values(HOSTILE)) assert.deepEqual(unseenIn(pageText(text), '\n\t'), []);
    assert.equal(pageText('a\u202eb\nc'), 'a\\u{202e}b\nc');
  });

  it('the log makes one entry of one', () => {
    const forged = logText('said: x\n2026-11-28 22:00:00.000 [error] forged');
    assert.equal(forged.split('\n').filter((line) => line.startsWith('2026')).length, 0);
    for (const text of Object.values(HOSTILE)) assert.deepEqual(unseenIn(logText(text), '\n\t'), []);
  });

  it('names, tokens, quotes and single lines stays on one line', () => {
    for (const text of Object.values(HOSTILE))
      for (const shown of [
        visibleName(text),
        visibleToken(text),
        quoted(text),
        listed([text]),
        oneLine(text),
      ])
        assert.deepEqual(unseenIn(shown), [], shown);
    const cut = quoted(`${'a'.repeat(39)}😀😀`);
    assert.equal(cut, `"${'a'.repeat(39)}😀…"`);
  });

  it('reports changes strings and nothing else', () => {
    const bins = new Float64Array([1, 2]);
    const report = { name: 'a\nb', rows: [{ label: 'x\u2028y', n: 1 }], bins, none: null };
    assert.deepEqual(inOneLine(report), { name: 'a b', rows: [{ label: 'x y', n: 1 }], bins, none: null });
    assert.equal(inOneLine(report).bins, bins);
  });

  it('Markdown leaves a sentence as it is that is none', () => {
    for (const sentence of [
      'The ECE is 0.02, at most 1.5 times 0.01 (95 of 100 tables): +3 - 2 = 1.',
      'Row 12, column "text": 3 > 2? No; a/b, a: b, 50%.',
      'Größe 中文 👨‍👩‍👧 می‌خواهم',
    ])
      assert.equal(markdownSentence(sentence).replace('\\>', '>'), sentence);
  });

  it('Markdown makes nothing of a sentence that quotes others', () => {
    for (const text of Object.values(HOSTILE)) {
      const shown = markdownSentence(text);
      assert.deepEqual(unseenIn(shown), []);
      assert.doesNotMatch(shown.replace(/\\./g, ''), /[[\]`<>#*_|~&]|:\/\/|www\.|\S@\S|^\s*(?:[-+]|\d+[.)])/);
    }
    for (const [text, shown] of [
      ['see https://evil.example', 'see https\\://evil.example'],
      ['see www.evil.example', 'see www\\.evil.example'],
      ['a@evil.example', 'a\\@evil.example'],
      ['- a list', '\\- a list'],
      ['1. a list', '1\\. a list'],
    ] as const)
      assert.equal(markdownSentence(text), shown);
  });

  it('Markdown shows everything as text', () => {
    for (const text of Object.values(HOSTILE)) {
      assert.deepEqual(unseenIn(codeSpan(text)), []);
      assert.deepEqual(unseenIn(codeBlock([text, text]), '\n'), []);
      assert.equal(codeBlock([text]).split('\n').length, 3);
      assert.doesNotMatch(markdownText(text).replace(/\\./g, ''), /[[\]()`<>!$#*_|]/);
    }
  });
});
