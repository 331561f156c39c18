/** `prompt-confidence practice-set`: writes synthetic labelled texts. */
import { parseArgs } from 'node:util';
import { writePracticeTable } from '../app/practice-table';
import { PRACTICE_BEST_ACCURACY, PRACTICE_ROWS } from '../core/data/practice-set';
import { oneLine } from '../core/encode';
import { practiceInWords } from '../core/words/practice';
import { outputTable } from './calibration/options';
import { command, DONE } from './command';
import { wholeNumber } from './numbers';

const USAGE = `Usage: prompt-confidence practice-set --out FILE [options]
Write ${PRACTICE_ROWS.toLocaleString('en-US')} synthetic texts with the labels positive and negative, to try scoring, calibration and fine-tuning on. Nobody
wrote them as opinions: 60% are clear, 30% are neutral and follow a hidden rule (sports are positive, news negative), and
10% contradict themselves and have a label drawn at .5. The best possible accuracy is about ${PRACTICE_BEST_ACCURACY.toFixed(2)}. The columns
are id, text, label, kind and group; rows of one group are made from the same sentence.

  --out FILE             the table to write
  --seed N               seed of the texts, of the drawn labels and of the order (default: 0)
  --force                replace FILE if it exists
  --json                 print a summary as one JSON document
`;

export const practiceSetCommand = command(USAGE, async (argv, io) => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      out: { type: 'string' },
      seed: { type: 'string', default: '0' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = wholeNumber('seed', values.seed, { low: 0, high: 4_294_967_295 });
  const out = await outputTable(values.out, values.force, []);
  const rows = await writePracticeTable(out, seed);
  const groups = new Set(rows.map(({ group }) => group)).size;
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, seed, rows: rows.length, groups, synthetic: true, bestAccuracy: PRACTICE_BEST_ACCURACY }, null, 2)}\n`
      : `${oneLine(out)}: ${practiceInWords(rows.length)}\n`,
  );
  return DONE;
});
