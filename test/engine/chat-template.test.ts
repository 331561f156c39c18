/** What a model's chat template adds to the prompt, from the GGUF file to the score. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EngineClient } from '../../src/sources/engine-client';
import { cpu, makeClassifier, startEngine } from '../support/engine';
import { withChatTemplate } from '../support/gguf-file';
import { fixture } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const CLASSIFIER = makeClassifier({
  template: '{{text}}',
  labels: [{ name: 'Yes' }, { name: 'No' }],
});
const TURNS =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
const DATED = `{{ "<|im_start|>system\nToday is " + strftime_now("%d %b %Y") + "<|im_end|>\n" }}${TURNS}`;
const OPEN = TURNS.replace('assistant\n{% endif %}', 'assistant\n<think>\n{% endif %}');

describe("what a model's chat template adds to the prompt", () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => (engine = await startEngine(cpu(fixture('tiny-chat.gguf')))));
  after(() => engine.dispose());

  async function scored(template: string, file: string) {
    const model = path.join(folder(), file);
    await writeFile(model, withChatTemplate(await readFile(fixture('tiny-chat.gguf')), template));
    await engine.use(cpu(model));
    const { shape, scores } = await engine.score({
      classifier: CLASSIFIER.asks,
      texts: ['Is ice cold?'],
      topTokens: 0,
    });
    return { shape, score: scores[0] ?? assert.fail() };
  }

  it('is nothing for a plain template', async () => {
    const { shape, score } = await scored(TURNS, 'plain.gguf');
    assert.ok(!('promptDate' in shape) && !('answerStart' in shape));
    assert.equal(score.notes, undefined);
  });

  it('is the date that is always the same: the score is that of the date written out', async () => {
    const asked = await scored(DATED, 'dated.gguf');
    assert.equal(asked.shape.promptDate, '2024-07-26');
    const written = await scored(DATED.replace('strftime_now("%d %b %Y")', '"26 Jul 2024"'), 'written.gguf');
    assert.ok(!('promptDate' in written.shape));
    assert.deepEqual(asked.score.labels, written.score.labels);
  });

  it('is the end of an open thought: the score is that of the thought written out', async () => {
    const closed = await scored(OPEN, 'open.gguf');
    assert.equal(closed.shape.answerStart, '\n</think>\n\n');
    assert.deepEqual(closed.score.notes, ['answer-opened']);
    const written = await scored(OPEN.replace('<think>\n', '<think>\n\n</think>\n\n'), 'closed.gguf');
    assert.deepEqual(closed.score.labels, written.score.labels);
  });

  it('names thoughts as a cause of a low label mass, where they are not known', async () => {
    const { score } = await scored(`{# <ponder> reasoning #}${TURNS}`, 'unknown.gguf');
    assert.ok((score.labelMass ?? NaN) < 0.5, 'a random model answers anything');
    assert.deepEqual(score.notes, ['may-think']);
  });
});
