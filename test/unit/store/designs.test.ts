import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readDesigns, writeDesign, type WrittenDesign } from '../../../src/store/designs';
import { labelsFile, labelsName } from '../../../src/store/labels';

function design(id: string, time: string, more: Partial<WrittenDesign> = {}): WrittenDesign {
  return {
    ...{ version: 1, id, kind: 'random', seed: 0, leastProbability: 0.1, worth: 2, time },
    table: { name: 'reviews.csv', sha256: 'ab', rows: 20 },
    ...{ labels: ['a', 'b'], isBlind: true, goal: { kind: 'width', width: 0.1 } },
    queue: [
      { rowId: '1', textSha256: '', selectedBy: 'random', probability: 0.1 },
      { rowId: '2', textSha256: '', selectedBy: 'random', probability: 0.1 },
    ],
    ...more,
  };
}

describe('the designs of a workspace', () => {
  let workspace: string;
  let folder: string;
  beforeEach(() => {
    workspace = mkdtempSync(path.join(os.tmpdir(), 'designs-'));
    folder = path.join(workspace, '.prompt-confidence', 'labels');
  });
  afterEach(() => rmSync(workspace, { recursive: true, force: true }));

  it('are read as they were written, oldest first, each with the labels that it is of', async () => {
    const [late, early] = [
      design('random-2-seed1-ab', '2026-02-02'),
      design('random-2-seed0-ab', '2026-01-01'),
    ];
    await writeDesign(workspace, 'reviews', late);
    await writeDesign(workspace, 'reviews', early);
    await writeDesign(workspace, 'reviews.old', design('random-2-seed2-ab', '2026-03-03'));
    assert.deepEqual(await readDesigns(labelsFile(workspace, 'reviews')), {
      designs: [early, late],
      unread: [],
    });
    assert.deepEqual(await readDesigns(labelsFile(workspace, 'others')), { designs: [], unread: [] });
  });

  it('are none where somebody broke the file, which is named and left alone', async () => {
    await writeDesign(workspace, 'reviews', design('good', '2026-01-01'));
    const broken = {
      json: '{',
      version: JSON.stringify({ ...design('version', ''), version: 2 }),
      id: JSON.stringify(design('../id', '')),
      probability: JSON.stringify(
        design('probability', '', {
          queue: [{ rowId: '1', textSha256: '', selectedBy: 'random', probability: 0 }],
        }),
      ),
      empty: JSON.stringify(design('empty', '', { queue: [] })),
    };
    for (const [name, text] of Object.entries(broken))
      writeFileSync(path.join(folder, `reviews.${name}.design.json`), text);
    const { designs, unread } = await readDesigns(labelsFile(workspace, 'reviews'));
    assert.deepEqual(
      designs.map(({ id }) => id),
      ['good'],
    );
    assert.deepEqual(
      [...unread].sort(),
      Object.keys(broken)
        .map((name) => `reviews.${name}.design.json`)
        .sort(),
    );
  });

  it('are written through no link', async function () {
    if (process.platform === 'win32') this.skip();
    const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'elsewhere-'));
    try {
      await mkdir(path.dirname(folder));
      symlinkSync(elsewhere, folder);
      await assert.rejects(writeDesign(workspace, 'reviews', design('a', '')), { code: 'leads-elsewhere' });
      assert.deepEqual(readdirSync(elsewhere), []);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe('the name of the labels of a table', () => {
  it('is its path, as far as it can name a file', () => {
    for (const [table, name] of [
      ['reviews.csv', 'reviews'],
      ['data/2026/reviews.CSV', 'data-2026-reviews'],
      ['data\\reviews.csv', 'data-reviews'],
      ['../../.ssh/config.csv', 'ssh-config'],
      ['\u202e…/a?b*.csv', 'a-b'],
      ['.csv', 'labels'],
      [`${'x'.repeat(300)}.csv`, 'x'.repeat(80)],
    ] as const) {
      assert.equal(labelsName(table), name, table);
      assert.ok(
        labelsFile('/w', labelsName(table)).startsWith(path.join('/w', '.prompt-confidence/labels/')),
      );
    }
  });
});
