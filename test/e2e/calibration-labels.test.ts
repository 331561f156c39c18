import assert from 'node:assert/strict';
import { labelName } from '../../src/core/calibration/words';
import { useWorkbench } from './harness';

/** What people's labels should not be, and are. */
const LABELS = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  `it's "quoted" & more`,
  'x'.repeat(1000),
  '    ',
];

function tableOf(labels: readonly string[]): string {
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 400 }, (_, i) => {
    const [truth, predicted] = [i, i % 3 === 0 ? i + 1 : i].map((at) => labels[at % labels.length] ?? '');
    return [quoted(truth ?? ''), quoted(predicted ?? ''), (0.5 + ((i * 37) % 50) / 100).toFixed(2)].join(',');
  });
  return `label,predicted,confidence\n${rows.join('\n')}\n`;
}

describe('labels that are no words, in the calibration panel', () => {
  const workbench = useWorkbench();

  it('are shown as the text that they are, and break nothing', async () => {
    workbench().writeFile('labels.csv', tableOf(LABELS));
    await workbench().openFile('labels.csv');
    await workbench().runCommand('Prompt Confidence: Open Calibration Panel');
    const page = await workbench().calibrationPanel();
    await page.getByLabel('Look at').selectOption('predicted');
    const parts = page.getByRole('table', { name: 'Parts, worst first' });
    await parts.waitFor();
    const names = await parts.locator('tbody').getByRole('button').allInnerTexts();
    // Nothing but spaces is no prediction: such rows have no part of their own.
    const predicted = LABELS.filter((label) => label.trim() !== '');
    assert.deepEqual(names.toSorted(), predicted.map(labelName).toSorted());
    for (const name of names) {
      await parts.getByRole('button', { name, exact: true }).click();
      await page.locator('.part-title').getByText(name).waitFor();
    }
    await page.locator('.bin').last().press('Enter');
    await page.locator('.bin-rows table').waitFor();
    await workbench().screenshot('calibration-labels');
    assert.equal(await page.title(), 'Calibration');
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.ok(
      await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      'it scrolls sideways',
    );
  });
});
