/** Tuning for real: the adapter that comes out is the one that was meant, also after a kill, and says what the trainer says. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { Jobs } from '../../src/app/jobs/jobs';
import type { Job, JobEnd } from '../../src/app/jobs/job';
import { type TunedAdapter, type TuningHome, tuningKind, type TuningOrder } from '../../src/app/jobs/tuning';
import { EngineModels } from '../../src/app/engine-models';
import { Sources } from '../../src/app/sources';
import { prepareTuning } from '../../src/app/training/prepare';
import { tuningWork } from '../../src/app/training/tuning-run';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { bySourceKind } from '../../src/core/classifier/source-name';
import { practiceSet } from '../../src/core/data/practice-set';
import { ModelStore } from '../../src/store/models';
import { csvLine } from '../../src/store/tables/csv-line';
import { asking, cpu, startEngine } from '../support/engine';
import { CHAT_MODEL, TEST_MODEL } from '../support/paths';
import { sharedFolder } from '../support/temporary';
import {
  NOTHING_PROVEN,
  parityOf,
  PROJECTIONS,
  runPython,
  SETTINGS,
  TRAINING,
  trainerPython,
} from '../support/trainer';

const [SENTIMENT = assert.fail()] = BUILTIN_CLASSIFIERS;
/** Without its examples a prompt is four times as short. */
const SHORT = asking(SENTIMENT, { examples: [] });
const ROWS = practiceSet(0)
  .slice(0, 16)
  .map(({ text, label }) => ({ text, label: Number(label === 'negative') }));

describe('an adapter of the trainer in the engine', () => {
  const folder = sharedFolder();

  for (const [name, model, size] of [
    ['gemma, whose rows lie as they are', TEST_MODEL, 0.02],
    ['SmolLM2, whose q and k lie in another order', CHAT_MODEL, 0.05],
  ] as const) {
    it(`agrees within 1e-4 on each projection of a float32 copy of ${name}`, async () => {
      const copy = path.join(folder(), path.basename(model));
      await runPython('tests/float32.py', model, copy);
      const engine = await startEngine(cpu(copy));
      try {
        const place = { folder: folder(), kinds: PROJECTIONS, size };
        for (const [projection, parity] of await parityOf(engine, copy, SHORT, ROWS, place)) {
          const said = `${projection}: ${JSON.stringify(parity)}`;
          assert.ok(Math.max(parity.base, parity.tuned) < 1e-4, said);
          assert.ok(parity.change > 0.02, said);
        }
      } finally {
        await engine.dispose();
      }
    });

    it(`changes the quantised ${name} as the trainer says`, async () => {
      const engine = await startEngine(cpu(model));
      try {
        const place = { folder: folder(), kinds: ['trained'], size };
        const found = (await parityOf(engine, model, SHORT, ROWS, place)).get('trained');
        assert.ok((found?.correlation ?? 0) >= 0.99, JSON.stringify(found));
      } finally {
        await engine.dispose();
      }
    });
  }
});

describe('a training that is killed in its middle', () => {
  const folder = sharedFolder();
  const home = (name: string): TuningHome => ({
    program: TRAINING,
    cache: path.join(folder(), name, 'cache'),
    folder: path.join(folder(), name, 'jobs'),
    now: () => performance.now(),
    clock: () => new Date(0),
    version: '0',
    prove: () => Promise.resolve(NOTHING_PROVEN),
  });

  async function prepared(name: string): Promise<TuningOrder> {
    const table = path.join(folder(), 'practice.csv');
    const rows = practiceSet(0).slice(0, 240);
    const cells = rows.map(({ text, label, group }) => [text, label, group]);
    await writeFile(table, [['text', 'label', 'group'], ...cells].map((own) => csvLine(own, ',')).join(''));
    const out = path.join(folder(), name, 'adapter.gguf');
    const order = {
      ...{ table, out, work: tuningWork(home(name).cache, out), python: trainerPython() },
      ...{ classifier: SENTIMENT.name, textColumn: 'text', examples: false, facts: [] },
      mayReplace: [],
    };
    const models = new ModelStore(path.join(folder(), 'models'));
    const engine = await startEngine(cpu());
    const opened = new EngineModels({
      models,
      engine,
      modelFor: () => models.fileAt(TEST_MODEL),
      adapters: { adapters: { load: () => assert.fail() }, workspaceOf: () => assert.fail() },
      settings: () => ({ gpu: 'off', gpuLayers: 'auto', threads: 0 }),
    });
    try {
      const sources = new Sources({ ...bySourceKind(() => () => assert.fail()), engine: opened.open });
      const settings = { ...SETTINGS, rank: 8, alpha: 8, epochs: 1, batch: 8 };
      await prepareTuning(sources, {
        ...{ table, textColumn: 'text', classifier: SHORT, examples: true, base: null, settings },
        ...{ out, work: order.work, jobs: home(name).folder },
      });
    } finally {
      await engine.dispose();
    }
    return order;
  }

  const start = (name: string, order: TuningOrder): Job<TuningOrder, TunedAdapter> =>
    new Jobs(() => undefined).start(tuningKind(home(name)), order);
  const finished = (end: JobEnd<TunedAdapter>): TunedAdapter => {
    assert.ok(end.state === 'finished', JSON.stringify(end));
    return end.result;
  };

  it('resumes to the same adapter, bit by bit', async () => {
    const whole = await prepared('whole');
    const { card } = finished(await start('whole', whole).ended);
    const { curve = [], chosenStep } = card.tuning ?? {};
    assert.ok((curve.find(({ step }) => step === chosenStep)?.nll ?? 1) < (curve[0]?.nll ?? 0));

    const order = await prepared('killed');
    const job = start('killed', order);
    await new Promise<void>((resolve) => {
      job.onDidChange(() => {
        if ((job.progress?.done ?? 0) >= 15 || job.state !== 'running') resolve();
      });
    });
    const states = (await readdir(home('killed').folder)).filter((file) => file.endsWith('.json'));
    const state: unknown = JSON.parse(
      await readFile(path.join(home('killed').folder, states[0] ?? ''), 'utf8'),
    );
    process.kill(-z.object({ program: z.object({ pid: z.int() }) }).parse(state).program.pid, 'SIGKILL');
    assert.equal((await job.ended).state, 'failed');
    const resumed = finished(await start('killed', order).ended);
    assert.equal(resumed.card.sha256, card.sha256);
    assert.deepEqual(resumed.card.tuning?.curve, curve);
  });
});
