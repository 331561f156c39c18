import assert from 'node:assert/strict';
import type { LabellingState } from '../../src/protocol/labelling-page';
import { HOSTILE, unseenIn } from '../support/hostile';
import { labelling, labellingState } from './labelling-states';
import { THEMES, type PageOptions, type TestPage, usePages } from './page-harness';

const WIDE = 1000;

describe('the labelling page', () => {
  const pages = usePages('labelling');

  async function show(state: LabellingState, options?: PageOptions): Promise<TestPage<'labelling'>> {
    const page = await pages.open({ width: WIDE, ...options });
    await page.notify('state', state);
    return page;
  }

  it('asks which rows, with what is usual chosen, and begins by Enter', async () => {
    const { setup } = await labelling();
    const page = await show(labellingState({ setup }));
    assert.equal(page.received('ready').length, 1);
    assert.deepEqual(await page.accessibilityProblems(), []);
    // Labels that were given elsewhere can be read before any rows are drawn here.
    await page.page.getByText('Import labels…').click();
    assert.equal(page.received('importLabels').length, 1);
    await page.page.getByLabel('Goal').selectOption({ label: 'numbers to ± 10 points' });
    await page.page.getByText(/At most \d+ labels reach this goal/).waitFor();
    await page.page.getByLabel('Rows', { exact: true }).press('Enter');
    assert.deepEqual(page.received('begin'), [
      {
        ...{ kind: 'stratified', rows: 100, labels: ['negative', 'positive'], isBlind: true },
        goal: { kind: 'width', width: 0.2 },
      },
    ]);
    await page.page.getByLabel('Find errors').check();
    await page.page.getByLabel('Hide the model').uncheck();
    await page.page.getByLabel('Goal').selectOption({ label: 'a gate on accuracy' });
    await page.page.getByLabel('At least').fill('2');
    await page.page.getByRole('button', { name: 'Start Labelling' }).click();
    await page.page.getByRole('alert').getByText('between 0 and 1').waitFor();
    await page.page.getByLabel('At least').fill('0.9');
    await page.page.getByRole('button', { name: 'Start Labelling' }).click();
    const last = page.received('begin').at(-1);
    assert.deepEqual(
      [last?.kind, last?.isBlind, last?.goal],
      ['errors', false, { kind: 'gate', limit: 0.9 }],
    );
  });

  it('asks for the labels of a table without scores', async () => {
    const { setup } = await labelling({ isScored: false });
    const page = await show(labellingState({ setup }));
    assert.equal(await page.page.getByLabel('Find errors').count(), 0);
    await page.page.getByRole('button', { name: 'Start Labelling' }).click();
    await page.page.getByText('Enter at least two labels').waitFor();
    assert.equal(page.received('begin').length, 0);
    await page.page.getByLabel('Labels', { exact: true }).fill(' bug, feature  request,, bug ');
    await page.page.getByLabel('Labels', { exact: true }).press('Enter');
    const [begun] = page.received('begin');
    assert.deepEqual([begun?.kind, begun?.labels], ['random', ['bug', 'feature request']]);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('takes answers by keys, one for each row that is shown', async () => {
    const { session, shown } = await labelling();
    const page = await show(labellingState({ session: shown() }));
    const keyboard = page.page.keyboard;
    await keyboard.press('2');
    // Before the next row is there, a key answers nothing.
    await keyboard.press('2');
    assert.deepEqual(page.received('answer'), [{ at: 0, said: { kind: 'label', label: 'positive' } }]);
    await session.label('positive');
    await page.notify('state', labellingState({ session: shown() }));
    await keyboard.press('0');
    await session.unsure();
    await page.notify('state', labellingState({ session: shown() }));
    await keyboard.press('Space');
    await keyboard.press('Backspace');
    await keyboard.press('ArrowLeft');
    await keyboard.press('ArrowRight');
    // No label has this key.
    await keyboard.press('7');
    assert.deepEqual(
      page.received('answer').map(({ said }) => said.kind),
      ['label', 'unsure', 'skip'],
    );
    for (const method of ['undo', 'back', 'forward'] as const) assert.equal(page.received(method).length, 1);
  });

  it('filters the labels by letters, in which digits and spaces are typed', async () => {
    const labels = ['billing', 'bug', 'feature request', 'version 2', 'other'];
    const { shown, session } = await labelling({ isScored: false }, { labels });
    const page = await show(labellingState({ session: shown() }));
    const { keyboard } = page.page;
    await keyboard.type('e r');
    assert.equal(await page.page.getByLabel('Filter the labels').inputValue(), 'e r');
    await keyboard.press('Escape');
    assert.equal(await page.page.getByLabel('Filter the labels').isVisible(), false);
    await keyboard.type('on 2');
    assert.deepEqual(await page.accessibilityProblems(), []);
    await keyboard.press('Enter');
    assert.deepEqual(page.received('answer'), [{ at: 0, said: { kind: 'label', label: 'version 2' } }]);
    await session.label('version 2');
    await page.notify('state', labellingState({ session: shown() }));
    // Deleting what was typed closes it, and takes nothing back.
    await keyboard.type('b');
    await keyboard.press('Backspace');
    assert.equal(await page.page.getByLabel('Filter the labels').isVisible(), false);
    assert.equal(page.received('undo').length, 0);
    await keyboard.type('zzz');
    await keyboard.press('Enter');
    assert.equal(page.received('answer').length, 1);
  });

  it('shows the model’s answer after that of the person, and what is known so far', async () => {
    const { session, shown } = await labelling({}, { goal: { kind: 'width', width: 0.2 } });
    const page = await show(labellingState({ session: shown() }));
    assert.doesNotMatch(
      await page.page.locator('main').innerText(),
      /The model’s answer:|The model is right/,
    );
    const predicted = session.view.row?.predicted;
    await session.label(predicted ?? '');
    await page.notify('state', labellingState({ session: shown() }));
    await page.page.getByText(`✓ ${predicted}: the model agrees.`).waitFor();
    await page.page.getByText(/The model is right for 1\.00 .* whenever you look/).waitFor();
    await page.page.getByText(/About \d+ more labels needed/).waitFor();
    await page.page.getByText('1 of 20 answered.').waitFor();
    session.back();
    await page.notify('state', labellingState({ session: shown() }));
    await page.page
      .getByText(/Your answer: .*You have seen it, so estimates keep your first answer/)
      .waitFor();
    assert.equal(await page.page.locator('.answer[aria-pressed="true"]').count(), 1);
  });

  it('ends with what to do next', async () => {
    const { session, shown } = await labelling({}, { rows: 6 });
    while (session.view.row !== null) await session.label('positive');
    const page = await show(labellingState({ session: shown() }));
    await page.page.getByRole('heading', { name: 'All 6 rows are answered' }).waitFor();
    await page.page.getByRole('button', { name: 'Label More Rows…' }).click();
    assert.deepEqual(page.received('setUp'), [{ isShown: true }]);
    await page.page.getByRole('button', { name: 'Open Calibration Panel' }).click();
    assert.equal(page.received('openPanel').length, 1);
    await page.page.keyboard.press('Backspace');
    assert.equal(page.received('undo').length, 1);
    assert.deepEqual(await page.accessibilityProblems(), []);
    await page.screenshot('labelling-done');
  });

  it('says that nothing is saved, and what is wrong with a table', async () => {
    const { shown } = await labelling();
    const saving = { code: 'not-trusted', message: 'The workspace is in Restricted Mode.' };
    const page = await show(labellingState({ session: shown(), saving }));
    await page.page.getByRole('heading', { name: 'Labels are not saved' }).waitFor();
    await page.page.getByRole('button', { name: 'Manage Workspace Trust' }).click();
    assert.equal(page.received('manageTrust').length, 1);
    await page.screenshot('labelling-not-saved');
    await page.notify(
      'state',
      labellingState({ error: { code: 'no-file', message: 'reviews.csv was deleted.' } }),
    );
    await page.page.getByText('reviews.csv was deleted.').first().waitFor();
    await page.page.getByRole('button', { name: 'Try Again' }).click();
    assert.equal(page.received('retry').length, 1);
  });

  it('leads to the rows on which people differ, and shows what each of them said', async () => {
    const { shown } = await labelling({ isScored: false });
    const page = await show(labellingState({ session: shown(), disputed: 2 }));
    await page.page.getByRole('button', { name: 'Settle them' }).click();
    assert.equal(page.received('settle').length, 1);
    const session = shown();
    const row = session.row && { ...session.row, others: 'Ana: positive, Ben: negative' };
    await page.notify('state', labellingState({ session: { ...session, row, settles: true }, disputed: 2 }));
    await page.page.getByText('People differ: Ana: positive, Ben: negative.').waitFor();
    assert.deepEqual(await page.accessibilityProblems(), []);
    await page.page.getByRole('button', { name: 'Back to labelling' }).click();
    assert.equal(page.received('retry').length, 1);
  });

  it('keeps what the window needs to open it again', async () => {
    const { shown } = await labelling();
    const page = await show(labellingState({ session: shown() }));
    assert.equal(
      await page.page.evaluate('sessionStorage.getItem("state")'),
      '{"uri":"file:///reviews.csv"}',
    );
  });

  it('shows what others wrote as text', async () => {
    const texts = Object.values(HOSTILE).filter((text) => !text.includes('\0'));
    const { shown, session } = await labelling(
      { isScored: false, text: (i) => `${i} ${texts[i % texts.length] ?? ''}` },
      {
        labels: texts.map((text) => text.replace(/\s+/gu, ' ').trim()).filter((text) => text !== ''),
        rows: 40,
      },
    );
    const page = await show(labellingState({ session: shown() }));
    for (let row = 0; row < 20; row++) {
      await session.skip();
      await page.notify('state', labellingState({ session: shown() }));
      assert.deepEqual(unseenIn(await page.page.locator('body').innerText(), '\n\t'), []);
    }
    assert.deepEqual(await page.violations(), []);
  });

  for (const theme of THEMES)
    it(`is readable in ${theme}, wide and narrow`, async () => {
      const { session, shown, setup } = await labelling({}, { goal: { kind: 'width', width: 0.1 } });
      for (const label of ['positive', 'negative', 'positive']) await session.label(label);
      for (const width of [WIDE, 420])
        for (const [name, state] of [
          ['row', labellingState({ session: shown() })],
          ['setup', labellingState({ setup, session: shown() })],
        ] as const) {
          const page = await show(state, { theme, width });
          await page.screenshot(`labelling-${name}-${theme}-${width}`, true);
          const overflow = await page.page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.ok(overflow <= 0, `${overflow} pixels beside the page at ${width}`);
          assert.deepEqual(await page.accessibilityProblems(), []);
        }
    });

  it('has its picture taken in light', async () => {
    const { session, shown } = await labelling();
    await session.label('positive');
    const page = await show(labellingState({ session: shown() }), { theme: 'light' });
    await page.screenshot('labelling-row-light');
  });
});
