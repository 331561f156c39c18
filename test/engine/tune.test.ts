/** `tune` on the command line: with a scripted trainer, and the real engine under a small model. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { practiceSet } from '../../src/core/data/practice-set';
import { parseAdapterCard } from '../../src/core/model/adapter-card';
import { csvLine } from '../../src/store/tables/csv-line';
import { TINY_ADAPTER } from '../support/adapter';
import { CLI, fixture } from '../support/paths';
import { writeScriptedPython } from '../support/scripted-python';
import { sharedFolder } from '../support/temporary';

describe('tune on the command line', () => {
  const folder = sharedFolder();
  const at = (...names: string[]): string => path.join(folder(), ...names);
  before(async () => {
    await writeScriptedPython(at('python'), TINY_ADAPTER);
    const rows = practiceSet(0)
      .slice(0, 120)
      .map(({ text, label, group }) => [text, label, group]);
    const lines = [['text', 'label', 'group'], ...rows].map((cells) => csvLine(cells, ','));
    writeFileSync(at('labelled.csv'), lines.join(''));
  });

  function tune(...args: string[]): { status: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'tune', ...args], {
      ...{ cwd: folder(), encoding: 'utf8', timeout: 170_000 },
      env: { ...process.env, PROMPT_CONFIDENCE_HOME: at('home') },
    });
    return { status, out: stdout, err: stderr };
  }
  const MODEL = ['--model', fixture('tiny-chat.gguf'), '--gpu', 'off', '--threads', '1'];
  const labelled = (...args: string[]): ReturnType<typeof tune> =>
    tune('labelled.csv', '--classifier', 'sentiment', ...MODEL, ...args);

  it('asks before anything is installed', () => {
    const { status, err } = labelled('--out', 'a.gguf');
    assert.equal(status, 2);
    assert.match(err, /Tuning needs a trainer, which is not installed: .*torch.* GB/u);
    assert.match(err, /--install/u);
  });

  it('says what it would do, and ends', () => {
    const { status, out, err } = labelled(
      '--out',
      'a.gguf',
      '--python',
      at('python'),
      '--estimate',
      '--json',
    );
    assert.equal(status, 0, err);
    assert.match(err, /\d+ rows train, \d+ validate, and \d+ are held out/u);
    assert.match(err, /Training takes about .* The adapter takes 15 MB on the disk/u);
    const { estimate, facts } = JSON.parse(out) as {
      readonly estimate: { readonly threads: number };
      readonly facts: Record<'smallestDifference' | 'longestPrompt' | 'cut', number> & {
        rows: { test: number };
      };
    };
    assert.equal(estimate.threads, 1);
    assert.ok(facts.rows.test > 10 && facts.smallestDifference > 0 && facts.longestPrompt > 0);
    assert.equal(facts.cut, 0);
    assert.ok(!existsSync(at('a.gguf')));
  });

  it('writes the adapter, scores what neither has seen, and says what to use', () => {
    const { status, out, err } = labelled('--out', 'a.gguf', '--python', at('python'));
    assert.equal(status, 0, err);
    assert.match(out, /a\.gguf is complete\./u);
    assert.match(out, /^(Keep the base|Use the tuned model).*\. This is the simplest of \d/mu);
    assert.match(out, /^tuned +0\.\d+ \(/mu);
    const card = parseAdapterCard(readFileSync(at('a.json'), 'utf8'), 'card');
    assert.equal(card.tuning?.proof?.rows, card.tuning?.rows.test.length);
    for (const name of ['a-split.csv', 'a-base.csv', 'a-tuned.csv', 'a-tuned.csv.meta.json'])
      assert.ok(existsSync(at(name)), name);
    // It lies in no workspace, so its calibrators have no place.
    const again = labelled('--out', 'a.gguf', '--python', at('python'));
    assert.equal(again.status, 2);
    assert.match(again.err, /a\.gguf and 8 more files of this fine-tuning already exist/u);
  });
});
