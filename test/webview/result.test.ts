import assert from 'node:assert/strict';
import type { PageState } from '../../src/protocol/result-page';
import { HOSTILE, unseenIn } from '../support/hostile';
import { THEMES, usePages, type PageOptions, type TestPage } from './page-harness';
import { LONG_NAMES, NASTY, STATES } from './result-states';

/** Of the view in a new window of 1280×800. */
const FIRST_SIZE = { width: 300, height: 480 };

describe('the result view', () => {
  const pages = usePages('result');

  async function show(state: PageState, options?: PageOptions): Promise<TestPage<'result'>> {
    const page = await pages.open(options);
    await page.notify('state', state);
    return page;
  }

  it('says that it is there, and keeps to its content security policy', async () => {
    const page = await show(STATES.result);
    assert.deepEqual(
      page.sent.map((message) => message.method),
      ['ready'],
    );
    await page.notify('state', STATES.doubtful);
    assert.deepEqual(await page.violations(), []);
  });

  it('offers what can be done first', async () => {
    const page = await show(STATES.empty);
    const names = (): Promise<string[]> => page.page.locator('.empty vscode-button').allInnerTexts();
    assert.deepEqual(await names(), ['Classify Selection', 'Score CSV…', 'Open Calibration Panel']);
    await page.page.getByRole('button', { name: 'Classify Selection' }).click();
    await page.page.getByRole('button', { name: 'Score CSV…' }).click();
    await page.page.getByRole('button', { name: 'Open Calibration Panel' }).click();
    await page.notify('state', STATES.noModel);
    assert.deepEqual(await names(), ['Download Model…', 'Choose Model…', 'Open Calibration Panel']);
    await page.page.getByRole('button', { name: 'Download Model…' }).focus();
    await page.page.keyboard.press('Enter');
    assert.deepEqual(
      page.received('run').map(({ command }) => command),
      ['classifySelection', 'scoreCsv', 'openCalibration', 'downloadModel'],
    );
  });

  it('says what is being done, and stops it', async () => {
    const page = await show(STATES.busy);
    await page.page.getByRole('main').getByText('loading the model, 45%').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(page.received('cancel').length, 1);
    await page.notify('state', STATES.empty);
    assert.equal(await page.page.getByRole('button', { name: 'Cancel' }).count(), 0);
  });

  it('shows label, confidence, every label, the label mass and a real table of the tokens', async () => {
    const { page } = await show(STATES.result);
    await page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
    assert.deepEqual(await page.locator('.labels li').allInnerTexts(), [
      'positive\n89.2%',
      'negative\n10.8%',
    ]);
    assert.match(await page.locator('.mass').innerText(), /Label mass 93\.3%/);
    assert.deepEqual(await page.getByRole('columnheader').allInnerTexts(), [
      '#',
      'Token',
      'Prob.',
      'log p',
      'Label',
    ]);
    const first = page.getByRole('row').nth(1);
    assert.deepEqual(await first.getByRole('cell').allInnerTexts(), ['1', '81.9%', '−0.20', 'positive']);
    assert.equal(await first.getByRole('rowheader').innerText(), '·positive');
    assert.equal(await page.locator('.bar-fill').first().getAttribute('width'), '89.23');
    for (const fact of ['sentiment', 'first token', 'gemma-3-270m-q4_k_m.gguf', 'CPU, 2 threads', '42 ms'])
      await page.getByText(fact, { exact: true }).waitFor();
  });

  it('shows labels that do not exclude each other each by itself, and asks for no single one', async () => {
    const { page } = await show(STATES.ownLabels);
    await page.getByRole('heading', { name: 'insult 80.0%, toxic 40.0%' }).waitFor();
    assert.deepEqual(await page.locator('.labels li').allInnerTexts(), [
      'insult\n80.0% yes',
      'toxic\n40.0% raw 75.0% yes from 30.0%',
      'threat\n20.0% no',
    ]);
    await page.getByText('Calibrated: toxic by toxic-platt.').waitFor();
    const outputs = page.getByRole('table', { name: 'Outputs of the model' });
    assert.equal(await outputs.getByRole('row').count(), 4);
    assert.equal(await page.getByText('Which label is right?').count(), 0);
    assert.equal(await page.getByText('Label mass').count(), 0);
  });

  it('shows the outputs of a sequence classification model, and nothing of tokens and prompts', async () => {
    const { page } = await show(STATES.outputs);
    await page.getByRole('heading', { name: 'spam 75.0%' }).waitFor();
    assert.match(await page.locator('.mass').innerText(), /Label mass not applicable/);
    const [ham, spam] = [page.getByRole('row').nth(1), page.getByRole('row').nth(2)];
    assert.equal(await spam.getByRole('rowheader').innerText(), 'spam');
    assert.deepEqual(await spam.getByRole('cell').allInnerTexts(), ['0', '1.099', '75.0%']);
    assert.match((await ham.getByRole('cell').allInnerTexts()).join(' '), /25\.0%$/);
    for (const name of ['Read Tokens', 'Show Prompt'])
      assert.equal(await page.getByRole('button', { name }).count(), 0);
    await page.getByText('Text cut: 8 of its 30 tokens were left out').waitFor();
  });

  it('counts the drawn answers, and warns where they disagree with the token probability', async () => {
    const { page } = await show(STATES.ensemble);
    await page.getByText('Disagreement: most sampled answers are negative').waitFor();
    const [counts, range] = await page.locator('.agreement li').allInnerTexts();
    assert.equal(counts, '10 answers: positive 2, negative 7, no label 1');
    assert.match(range ?? '', /not of its accuracy/);
  });

  it('says every doubt in words', async () => {
    const { page } = await show(STATES.doubtful);
    const warnings = await page.locator('.warning').allInnerTexts();
    assert.deepEqual(
      warnings.map((text) => text.split(':')[0]),
      ['Low label mass', 'Tie', 'Text cut'],
    );
    assert.equal(await page.locator('.warning svg.icon').count(), 3);
    await page.getByText('whole label sequences', { exact: true }).waitFor();
    await page.getByText('1.4 s for 3 texts together').waitFor();
    await page.getByText('Nothing was selected').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Go to Text' }).count(), 0);
  });

  it('takes foreign text as text', async () => {
    const { page } = await show(STATES.doubtful);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.title(), 'result');
    const shown = NASTY.replace('\u202e', '\\u{202e}');
    assert.equal(await page.locator('.labels li').nth(2).locator('.label-name').textContent(), shown);
  });

  it('shows every text that attacks, and nothing of it is invisible', async () => {
    const { result } = STATES.result;
    assert.ok(result);
    const texts = Object.values(HOSTILE);
    const text = texts.join(' ');
    const labels = texts.map((label) => ({ label, logProb: -3, confidence: 0.03 }));
    const score = { ...result.score, label: text, labels };
    const names = { text, place: text, classifier: text, model: text, device: text };
    const page = await show({ ...STATES.result, busy: text, result: { ...result, ...names, score } });
    assert.deepEqual(unseenIn(await page.page.locator('body').innerText(), '\n\t'), []);
    assert.equal(await page.page.locator('.labels li').count(), texts.length);
    assert.equal(await page.page.locator('img, script:not([src]), a').count(), 0);
    for (const attribute of ['title', 'aria-label'])
      for (const element of await page.page.locator(`[${attribute}]`).all())
        assert.deepEqual(unseenIn((await element.getAttribute(attribute)) ?? '', '\n\t'), []);
    assert.deepEqual(await page.violations(), []);
  });

  it('asks the host for the text, and for tokens that were not read', async () => {
    const page = await show(STATES.result);
    await page.page.getByRole('button', { name: 'Go to Text' }).click();
    assert.deepEqual(page.received('reveal'), [{ id: 3 }]);
    await page.notify('state', STATES.doubtful);
    await page.page.getByRole('button', { name: 'Read Tokens' }).click();
    assert.deepEqual(page.received('readTokens'), [{ id: 4 }]);
  });

  it('says that a number is raw, and leads to what it is worth', async () => {
    const page = await show(STATES.result);
    await page.page.getByText('Raw, not calibrated.').waitFor();
    await page.page.getByRole('button', { name: 'Measure…' }).click();
    assert.deepEqual(page.received('run'), [{ command: 'measure' }]);
    await page.notify('state', STATES.calibrated);
    assert.equal(await page.page.getByRole('button', { name: 'Measure…' }).count(), 0);
  });

  it('labels the text by one key, whether the prediction is right or not, and takes that back', async () => {
    const page = await show(STATES.result);
    const { keyboard } = page.page;
    await keyboard.press('Backspace');
    await keyboard.press('1');
    await keyboard.press('2');
    await keyboard.press('0');
    await keyboard.press('7');
    await page.page.getByRole('button', { name: '2 negative' }).click();
    assert.deepEqual(page.received('label'), [
      { id: 3, answer: { label: 'positive' } },
      { id: 3, answer: { label: 'negative' } },
      { id: 3, answer: 'unsure' },
      { id: 3, answer: { label: 'negative' } },
    ]);
    const said = { ...STATES.result, result: { ...STATES.result.result, said: { label: 'negative' } } };
    await page.notify('state', said);
    await page.page.getByText('Your label: negative.').waitFor();
    assert.equal(
      await page.page.getByRole('button', { name: '2 negative' }).getAttribute('aria-pressed'),
      'true',
    );
    assert.deepEqual(await page.accessibilityProblems(), []);
    await page.screenshot('result-labelled');
    await keyboard.press('Backspace');
    assert.deepEqual(page.received('label').at(-1), { id: 3, answer: null });
  });

  it('asks for the prompt of a result', async () => {
    const page = await show(STATES.result);
    await page.page.getByRole('button', { name: 'Show Prompt' }).click();
    assert.deepEqual(page.received('showPrompt'), [{ id: 3 }]);
  });

  it('tries a classifier on a text, which stays the person’s own', async () => {
    const page = await show(STATES.trial);
    const field = page.page.getByRole('textbox', { name: 'Text to try' });
    assert.equal(await field.inputValue(), 'I love this movie!');
    assert.equal(await page.page.evaluate('document.activeElement.tagName'), 'TEXTAREA');
    await page.page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
    assert.equal(await page.page.getByRole('button', { name: 'Go to Text' }).count(), 0);
    // The text is selected: typing replaces it.
    await page.page.keyboard.type('Not bad');
    assert.deepEqual(page.received('tryText').at(-1), { text: 'Not bad' });
    assert.equal(await page.page.locator('.trial-outcome.outdated').count(), 1);
    // What the host has of it is older.
    await page.notify('state', { ...STATES.trial, trial: { ...STATES.trial.trial, text: 'Not' } });
    assert.equal(await field.inputValue(), 'Not bad');
    assert.equal(await page.page.locator('.trial-outcome.outdated').count(), 0);
    await page.page.getByRole('button', { name: 'Show Prompt' }).click();
    assert.equal(page.received('showTrialPrompt').length, 1);
    await field.press('Escape');
    assert.equal(page.received('endTrial').length, 1);
    await page.notify('state', STATES.result);
    assert.equal(await field.isVisible(), false);
    await page.page.getByRole('listbox', { name: /History/ }).waitFor();
    await page.page.getByRole('button', { name: 'Go to Text' }).waitFor();
  });

  it('shows what comes of a tried text directly under it, in the little room that the view has at first', async () => {
    const { page } = await show({ ...STATES.trial, history: STATES.result.history }, FIRST_SIZE);
    assert.equal(await page.getByRole('listbox').isVisible(), false);
    const last = await page.locator('.trial .labels li').last().boundingBox();
    assert.ok(last && last.y + last.height < FIRST_SIZE.height, JSON.stringify(last));
  });

  it('shows the labels above the history, in the little room that the view has at first', async () => {
    const { page } = await show(STATES.result, FIRST_SIZE);
    const last = await page.locator('.labels li').last().boundingBox();
    const history = await page.locator('.history-section').boundingBox();
    assert.ok(last && history && last.y + last.height < history.y, JSON.stringify([last, history]));
  });

  it('says when a result was made, with the day if that was not today', async () => {
    const { result } = STATES.result;
    const at = async (made: Date): Promise<string> => {
      const page = await show({ ...STATES.result, result: { ...result, at: made.toISOString() } });
      return page.page.locator('.facts dt:text-is("At") + dd').innerText();
    };
    const now = new Date();
    assert.doesNotMatch(await at(now), /20\d\d/);
    assert.match(await at(new Date(now.getTime() - 48 * 3_600_000)), /20\d\d/);
  });

  it('says why a classifier cannot be tried, and asks before a text leaves this machine', async () => {
    const page = await show(STATES.trialProblem);
    await page.page.getByRole('alert').getByText('mood.json is not valid JSON').waitFor();
    assert.equal(await page.page.getByRole('button', { name: 'Classify', exact: true }).count(), 0);
    await page.notify('state', STATES.trialElsewhere);
    // What would be sent can be seen before.
    await page.page.getByRole('button', { name: 'Show Prompt' }).waitFor();
    await page.page.getByText('The text is sent to endpoint:far each time you press Classify.').waitFor();
    await page.page.getByRole('button', { name: 'Classify', exact: true }).click();
    await page.page.getByRole('textbox').press('Control+Enter');
    assert.equal(page.received('tryNow').length, 2);
  });

  it('has a history for the keyboard and the mouse', async () => {
    const page = await show(STATES.result);
    const list = page.page.getByRole('listbox', { name: /History/ });
    assert.equal(await page.page.getByRole('option', { selected: true }).count(), 1);
    await list.focus();
    for (const key of ['ArrowDown', 'Enter', 'End', 'Enter', 'ArrowUp', ' ', 'Home', 'Enter'])
      await page.page.keyboard.press(key);
    await page.page.getByRole('option').nth(1).click();
    assert.deepEqual(
      page.received('show'),
      [2, 0, 1, 3, 2].map((id) => ({ id })),
    );
    await page.page.getByRole('option').nth(1).dblclick();
    assert.deepEqual(page.received('reveal'), [{ id: 2 }]);
  });

  it('keeps the focus when it is drawn anew', async () => {
    const page = await show(STATES.result);
    await page.page.getByRole('button', { name: 'Go to Text' }).focus();
    await page.notify('state', {
      ...STATES.result,
      result: { ...STATES.result.result, place: 'reviews.txt, line 2' },
    });
    assert.equal(await page.page.evaluate('document.activeElement.textContent'), 'Go to Text');
  });

  it('tells a screen reader of a new result and its doubts, but not of what was there before', async () => {
    const page = await show(STATES.result);
    const status = page.page.getByRole('status');
    assert.equal(await status.textContent(), '');
    await page.notify('state', { ...STATES.doubtful, busy: null });
    assert.match(
      (await status.textContent()) ?? '',
      /, 40\.0%, raw, not calibrated\. First of 3 results\. Low label mass: only 0\.3%/,
    );
  });

  it('is there again after it was hidden', async () => {
    const page = await show(STATES.result);
    page.on('ready', () => page.notify('state', STATES.result));
    await page.page.reload();
    await page.page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
    assert.equal(page.received('ready').length, 2);
  });

  it('shows the calibrated confidence with its bucket in words and the raw one beside it', async () => {
    const { page } = await show(STATES.calibrated);
    await page.getByRole('heading', { name: 'negative 84.2%' }).waitFor();
    assert.equal(await page.locator('.calibrated').innerText(), '▲ review calibrated; raw: positive 89.2%');
    assert.deepEqual(await page.locator('.labels li').allInnerTexts(), [
      'positive\n15.8% raw 89.2%',
      'negative\n84.2% raw 10.8%',
    ]);
    assert.equal(await page.locator('.winner .label-name').innerText(), 'negative');
    await page.getByText('.prompt-confidence/calibrators/reviews.json (beta on labels').waitFor();
    const shapes = await page.locator('.history .shape').allInnerTexts();
    assert.deepEqual(shapes, ['▲', '●', '◆', '■']);
  });

  it('says what speaks against a calibrated confidence, and why there is none', async () => {
    const page = await show(STATES.likelier);
    await page.page.getByText('Another label is likelier').waitFor();
    await page.page.getByText('The backend differs: fitted with cuda; here cpu.').waitFor();
    await page.notify('state', STATES.refused);
    await page.page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
    await page.page.getByText('Not calibrated by reviews: The prompt differs').first().waitFor();
    assert.equal(await page.page.locator('.calibrated').count(), 0);
  });

  it('keeps nothing of the texts', async () => {
    const page = await show(STATES.result);
    assert.equal(await page.page.evaluate("sessionStorage.getItem('state')"), null);
  });

  it('says that it cannot be shown, tells the host why, and starts again', async () => {
    const page = await pages.open({ failsToStart: true });
    const again = page.page.getByRole('button', { name: 'Start Again' });
    await again.waitFor();
    assert.match(page.received('failed')[0]?.message ?? '', /nothing can be drawn/);
    await page.screenshot('result-failure');
    assert.deepEqual(await page.accessibilityProblems(), []);
    await again.click();
    assert.equal(page.received('restart').length, 1);
  });

  it('says so too where it cannot take what it is sent', async () => {
    const page = await show(STATES.result);
    await page.notifyNonsense('state');
    await page.page.getByRole('button', { name: 'Start Again' }).waitFor();
    assert.equal(page.received('failed').length, 1);
  });

  it('answers when it comes back, after a reload or from behind another view', async () => {
    const page = await show(STATES.result);
    page.on('ready', () => page.notify('state', STATES.result));
    await page.page.reload();
    await page.page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
    assert.equal(page.received('ready').length, 2);
    const before = page.received('show').length;
    await page.page.getByRole('option').nth(1).click();
    assert.equal(page.received('show').length, before + 1);
    assert.deepEqual(page.received('failed'), []);
    assert.deepEqual(await page.violations(), []);
  });

  it('tells an error that nobody caught to the person and to the host', async () => {
    const page = await show(STATES.result);
    await page.page.evaluate(`setTimeout(() => { throw new Error('nobody caught it') })`);
    await page.page.getByRole('button', { name: 'Start Again' }).waitFor();
    assert.match(page.received('failed')[0]?.message ?? '', /nobody caught it/);
  });

  it('is not upset by a state of another version', async () => {
    const page = await show(STATES.empty);
    await page.page.evaluate(`sessionStorage.setItem('state', '{"result":{"id":"old"}}')`);
    await page.page.reload();
    await page.notify('state', STATES.result);
    await page.page.getByRole('heading', { name: 'positive 89.2%' }).waitFor();
  });

  it('holds still where motion is to be reduced', async () => {
    for (const reducedMotion of [true, false]) {
      const { page } = await show(STATES.busy, { reducedMotion });
      const animation = await page.evaluate(
        `getComputedStyle(document.querySelector('.busy-bar')).animationName`,
      );
      assert.equal(animation, reducedMotion ? 'none' : 'busy');
    }
  });

  it('fits into the narrowest side bar', async () => {
    const page = await pages.open({ width: 250 });
    const { result, calibrated, likelier, doubtful, empty } = STATES;
    for (const state of [result, calibrated, likelier, doubtful, empty, LONG_NAMES]) {
      await page.notify('state', state);
      const overflow = await page.page.evaluate<string[]>(
        `[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 250.5 && !e.closest('.unseen')).map((e) => e.outerHTML.slice(0, 120))`,
      );
      assert.deepEqual(overflow, []);
    }
  });

  it('cuts names of any length, and has them whole in their titles', async () => {
    const { page } = await show(LONG_NAMES);
    for (const name of ['.verdict', '.calibrated', '.labels li', '.text figcaption', '.facts dd']) {
      const box = await page.locator(name).first().boundingBox();
      assert.ok(box !== null && box.height < 130, `${name} is ${box?.height} pixels high`);
    }
    assert.equal((await page.locator('.verdict-label').getAttribute('title'))?.length, 1000);
  });

  for (const theme of THEMES) {
    it(`breaks no accessibility rule in ${theme}`, async () => {
      const page = await pages.open({ theme });
      for (const [name, state] of Object.entries(STATES)) {
        await page.page.setViewportSize({ width: name === 'doubtful' ? 250 : 320, height: 800 });
        await page.notify('state', state);
        await page.screenshot(`result-${name}-${theme}`);
        assert.deepEqual(await page.accessibilityProblems(), [], name);
      }
    });
  }
});
