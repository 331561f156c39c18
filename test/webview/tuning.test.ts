import assert from 'node:assert/strict';
import type { ProofResult } from '../../src/core/model/adapter-card';
import type { TuningState } from '../../src/protocol/tuning-page';
import { HOSTILE, unseenIn } from '../support/hostile';
import { THEMES, usePages, type PageOptions, type TestPage } from './page-harness';

const WIDE = 1180;

const POINTS: TuningState['curve'] = (
  [
    [0, 0, null, 0.592, 0.702, 0.214],
    [26, 0.5, 0.512, 0.822, 0.431, 0.061],
    [52, 1, 0.34, 0.881, 0.322, 0.048],
    [78, 1.5, 0.221, 0.893, 0.334, 0.071],
    [104, 2, 0.18, 0.889, 0.371, 0.083],
  ] as const
).map(([step, epoch, loss, accuracy, nll, ece]) => ({
  ...{ step, epoch, loss, accuracy, nll, ece },
  eceNull: { mean: 0.036, q95: 0.064 },
}));

const about = (value: number): ProofResult['nll'] => ({ value, low: value - 0.03, high: value + 0.03 });
const resultOf = (
  model: ProofResult['model'],
  calibrator: string | null,
  [accuracy, confidence, nll, ece]: readonly [number, number, number, number],
): ProofResult => ({
  ...{ model, calibrator, accuracy: about(accuracy), meanConfidence: about(confidence) },
  ...{ nll: about(nll), ece: about(ece), eceNull: 0.035 },
});
const PROOF: NonNullable<TuningState['proof']> = {
  ...{ rows: 205, candidates: 1, chosen: 3 },
  results: [
    resultOf('base', null, [0.592, 0.71, 0.702, 0.214]),
    resultOf('base', 'bias-temperature', [0.831, 0.824, 0.392, 0.041]),
    resultOf('tuned', null, [0.893, 0.973, 0.361, 0.087]),
    resultOf('tuned', 'platt', [0.893, 0.885, 0.282, 0.033]),
  ],
  notes: [
    'The calibrator of the base (bias and temperature) was fitted on 821 rows of train and validation, on which the base was not trained. The comparison of the two tables fits it on the validation rows alone, which both have.',
    'The calibrator of the tuned model (Platt) was fitted on the 123 rows of the validation. These are few.',
  ],
};

const RUNNING: TuningState = {
  ...{ name: 'reviews', classifier: 'sentiment', table: 'reviews.csv', phase: 'running' },
  words: 'epoch 2.0 of 3, loss 0.180, validation accuracy 88.9%, NLL 0.371 (66%) · 4 min left',
  ...{ share: 0.66, error: null, curve: POINTS, chosenStep: null, proof: null },
  facts: [
    'The model is gemma-3-270m-q4_k_m.gguf on CPU.',
    '698 rows train, 123 validate, and 205 are held out, divided by label, groups whole.',
    'The hold-out can show a difference in accuracy of 8.7% or more, if the two models disagree on 20% of the rows.',
  ],
};
const COMPLETE: TuningState = { ...RUNNING, phase: 'finished', chosenStep: 52, proof: PROOF };

describe('the page of a fine-tuning', () => {
  const pages = usePages('tuning');

  async function show(state: TuningState, options?: PageOptions): Promise<TestPage<'tuning'>> {
    const page = await pages.open({ width: WIDE, ...options });
    await page.notify('state', state);
    return page;
  }

  it('says how far it is, and draws each evaluation', async () => {
    const page = await show({ ...RUNNING, curve: POINTS.slice(0, 2) });
    assert.equal(page.received('ready').length, 1);
    await page.page.getByRole('heading', { name: 'Fine-tuning reviews' }).waitFor();
    await page.page.getByRole('main').getByText('Running: epoch 2.0 of 3').waitFor();
    assert.equal(await page.page.getByRole('progressbar').getAttribute('value'), '0.66');
    for (const title of ['NLL', 'Accuracy', 'ECE'])
      assert.equal(await page.page.locator(`svg[data-plot="${title}"] .bin-point`).count(), 2);
    await page.notify('state', RUNNING);
    await page.page.locator('svg[data-plot="NLL"] .bin-point').nth(4).waitFor();
    await page.page.getByText('Evaluations as a table').click();
    const table = page.page.getByRole('table', { name: 'Evaluations on the validation rows' });
    assert.match(
      await table.getByRole('row').nth(3).innerText(),
      /1\.0\s+0\.340\s+0\.322\s+0\.881\s+0\.048\s+0\.036/,
    );
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('is paused, resumed, discarded, and shows its log', async () => {
    const page = await show(RUNNING);
    for (const name of ['Pause', 'Discard…', 'Show Log'])
      await page.page.getByRole('button', { name, exact: true }).click();
    await page.notify('state', { ...RUNNING, phase: 'paused' });
    await page.page.getByRole('button', { name: 'Resume' }).click();
    for (const method of ['pause', 'discard', 'showLog', 'resume'] as const)
      assert.equal(page.received(method).length, 1, method);
    assert.equal(await page.page.getByRole('button', { name: 'Pause', exact: true }).count(), 0);
    await page.notify('state', { ...RUNNING, phase: 'discarded' });
    await page.page.getByRole('main').getByText('Discarded: ').waitFor();
    assert.equal(await page.page.getByRole('button', { name: 'Resume' }).count(), 0);
  });

  it('says why it failed', async () => {
    const error = 'There is not enough memory to train on a single text. Close other programs.';
    const page = await show({ ...RUNNING, phase: 'failed', error });
    await page.page.getByText(error).first().waitFor();
    await page.page.getByRole('button', { name: 'Resume' }).waitFor();
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('recommends before any number, and leads on', async () => {
    const page = await show(COMPLETE);
    const headings = await page.page.getByRole('heading').allInnerTexts();
    assert.deepEqual(headings.slice(0, 2), [
      'Fine-tuning reviews',
      'Use the tuned model with its calibrator',
    ]);
    const table = page.page.getByRole('table', { name: /^Base and tuned model on the hold-out/ });
    assert.equal(await table.getByRole('row').count(), 5);
    assert.match(await table.getByRole('row').nth(4).innerText(), /^tuned, Platt\s+0\.893 \(/);
    assert.equal(await page.page.locator('.chosen').count(), 3);
    for (const name of ['Use for Classifier…', 'Compare Base and Tuned', 'How fine-tuning works'])
      await page.page.getByRole('button', { name }).click();
    for (const method of ['useAdapter', 'compare', 'openGuide'] as const)
      assert.equal(page.received(method).length, 1, method);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('asks for new rows where the hold-out was used often', async () => {
    const page = await show({ ...COMPLETE, proof: { ...PROOF, candidates: 3 } });
    await page.page.getByText(/^This hold-out has scored 3 adapters/).waitFor();
  });

  it('shows what others wrote as text', async () => {
    const [text = ''] = Object.values(HOSTILE).filter((each) => each.includes('<'));
    const page = await show({
      ...COMPLETE,
      ...{ name: text, classifier: text, table: text, facts: [text] },
      proof: { ...PROOF, notes: [text] },
    });
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(unseenIn(await page.page.locator('body').innerText(), '\n\t'), []);
  });

  for (const theme of THEMES)
    it(`is readable in ${theme}, wide and narrow`, async () => {
      for (const width of [WIDE, 422]) {
        const page = await show(COMPLETE, { theme, width });
        await page.screenshot(`tuning-${theme}-${width}`, true);
        const overflow = await page.page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(overflow <= 0, `${overflow} pixels beside the page at ${width}`);
        assert.deepEqual(await page.accessibilityProblems(), []);
      }
    });

  it('has its picture taken in light, while it runs', async () => {
    const page = await show(RUNNING, { theme: 'light' });
    await page.screenshot('tuning-running-light', true);
  });
});
