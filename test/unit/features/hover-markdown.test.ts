import assert from 'node:assert/strict';
import type { Calibration } from '../../../src/core/calibration/calibrated-score';
import { headScore } from '../../../src/core/scoring/head-score';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { COMMANDS, UNSURE } from '../../../src/protocol/manifest';
import type { TextAnswer } from '../../../src/protocol/result-page';
import {
  errorMarkdown,
  HOVER_COMMANDS,
  offerMarkdown,
  resultMarkdown,
  type HoverResult,
} from '../../../src/features/hover/markdown';

function result(labels: readonly string[], score: Partial<Score> = {}): HoverResult {
  const probabilities = labels.map((_, index) => Math.log(0.8 / 2 ** index / 2));
  return {
    id: 7,
    classifier: 'sentiment',
    model: 'tiny.gguf',
    device: 'CPU, 2 threads',
    ms: 31.4,
    batch: 1,
    bounds: [0.9, 0.8, 0.5, 0],
    score: {
      ...labelScores(labels, probabilities),
      mode: 'first-token',
      textTokens: 5,
      cutTokens: 0,
      ...score,
    },
  };
}

/** What is left when all code is taken out: the part in which characters mean something. */
function outsideCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '[block]')
    .replace(/(?<!`)(`+)(?!`)([\s\S]*?)(?<!`)\1(?!`)/g, '[code]');
}

describe('the hover of a result', () => {
  it('says label, confidence, bars, label mass, model and time', () => {
    const markdown = resultMarkdown(result(['positive', 'negative']));
    assert.match(markdown, /^\*\*66\.7%\*\* `positive` by `sentiment`$/m);
    assert.match(markdown, /^Raw, not calibrated: \[Measure…\]\(command:promptConfidence\.measure\)$/m);
    assert.match(markdown, /positive █+/);
    assert.match(markdown, /Label mass 60\.0% · first token · /);
    assert.match(markdown, / · `tiny\.gguf` on `CPU, 2 threads` · 31 ms/);
  });

  it('shows output and logit of each label of a sequence classification model, and no label mass', () => {
    const output = { logits: [Math.log(3)], textTokens: 30, cutTokens: 8 };
    const markdown = resultMarkdown(result([], headScore('binary', ['ham', 'spam'], output)));
    assert.match(markdown, /^\*\*75\.0%\*\* `spam`/m);
    assert.match(markdown, /^spam █+.* 75\.0% {2}output 0, logit 1\.099$/m);
    assert.match(markdown, /^ham {2}█+.* 25\.0%$/m);
    assert.match(markdown, /Label mass not applicable · outputs of the model/);
    assert.match(markdown, /8 of its 30 tokens were left out, because it is longer than the model allows/);
  });

  it('shows the calibrated confidence, bucket and file, and the raw score beside them', () => {
    const calibration: Calibration = {
      kind: 'calibrated',
      by: {
        name: 'c',
        file: 'calibrators/`c`.json',
        method: 'beta',
        on: 'labels',
        n: 2000,
        measured: { accuracy: 0.879, confidence: 0.876, ece: 0.017 },
      },
      score: {
        on: 'labels',
        label: 'negative',
        confidence: 0.79999,
        labels: [
          { label: 'positive', confidence: 0.20001 },
          { label: 'negative', confidence: 0.79999 },
        ],
        labelChanged: true,
        anotherLikelier: false,
        bucket: { name: 'review', tone: 'yellow' },
      },
      warnings: ['It is not `bound`.'],
      notes: ['The backend differs: fitted with `cuda`; here cpu.'],
    };
    const markdown = resultMarkdown({ ...result(['positive', 'negative']), calibration });
    assert.match(markdown, /^⚠ \*\*79\.9%\*\* `negative` by `sentiment`$/m);
    assert.match(
      markdown,
      /^`▲ review, raw: positive 66\.7%`, calibrated by ``calibrators\/`c`\.json`` \(beta/m,
    );
    assert.match(markdown, /^negative +█+.* 79\.9% {2}raw +33\.3%$/m);
    assert.match(markdown, /^⚠ ``It is not `bound`/m);
    assert.match(markdown, /^``The backend differs: fitted with `cuda`/m);
    assert.match(markdown, /^`Of the rows that it did not see, 87\.9% are correct/m);
    const refused: Calibration = { kind: 'raw', reason: 'Not calibrated by c: [x](y)' };
    const raw = resultMarkdown({ ...result(['positive', 'negative']), calibration: refused });
    assert.match(raw, /^⚠ \*\*66\.7%\*\* `positive`/);
    assert.match(raw, /⚠ `Not calibrated by c: \[x\]\(y\)`/);
  });

  it('says what came out for all texts of the command, as text', () => {
    const markdown = resultMarkdown(result(['positive', 'negative']), 'All are [positive](x).');
    assert.match(markdown, /^`All are \[positive\]\(x\)\.`$/m);
  });

  it('warns where the label mass is low', () => {
    const markdown = resultMarkdown(result(['a', 'b'], { labelMass: 0.01 }));
    assert.match(markdown, /^⚠ /);
    assert.match(markdown, /⚠ Low label mass: only 1\.0%/);
  });

  it('links to nothing but the commands that it is trusted with', () => {
    const all = [resultMarkdown(result(['a', 'b'])), offerMarkdown(2), errorMarkdown('No model.', true)].join(
      '\n',
    );
    const linked = [...all.matchAll(/\(command:([\w.]+)(?:\?([^)]*))?\)/g)];
    assert.ok(linked.length >= 7);
    const labelled: unknown[] = [];
    for (const [, command, query] of linked) {
      assert.ok((HOVER_COMMANDS as readonly string[]).includes(command ?? ''));
      const args: unknown = query === undefined ? undefined : JSON.parse(decodeURIComponent(query));
      if (command === COMMANDS.labelResult) labelled.push(args);
      else if (args !== undefined) assert.deepEqual(args, [7]);
    }
    // Every label is one press away, the predicted one too.
    assert.deepEqual(labelled, [
      [7, 0],
      [7, 1],
      [7, UNSURE],
    ]);
  });

  it('says what the person said about it', () => {
    const of = (said: TextAnswer | null) => resultMarkdown(result(['a', 'b']), undefined, said);
    assert.match(of(null), /^Your label: \[`a`\]/m);
    assert.match(of({ label: 'b' }), /^Your label: `b`, change: \[`a`\]/m);
    assert.match(of('unsure'), /^Your label: unsure, change: /m);
  });

  it('says why a selection was not classified by itself, above the offer', () => {
    const markdown = offerMarkdown(1, 'It asks `far`.');
    assert.match(markdown, /^``It asks `far`\.``\n\n\[Classify Selection\]/);
    assert.ok(!offerMarkdown(1).includes('`'));
  });

  it('keeps labels, tokens, classifiers and models in code, whatever they contain', () => {
    const nasty =
      '`]|<img src=x onerror=alert(1)>[click](command:workbench.action.quit)``**b**\n# h\n```\nhttps://evil.example $(bell)';
    const hostile = {
      ...result([nasty, 'b']),
      classifier: nasty,
      model: nasty,
      device: nasty,
    };
    const markdown = resultMarkdown({
      ...hostile,
      score: {
        ...hostile.score,
        tie: true,
        tokens: [{ rank: 1, id: 3, text: nasty, logProb: -0.1, label: nasty }],
      },
    });
    const outside = outsideCode(markdown);
    for (const trace of ['<img', 'click', 'quit', '**b**', '# h', 'evil', '$(bell)'])
      assert.ok(!outside.includes(trace), `${trace} got out of its code:\n${outside}`);
  });
});
