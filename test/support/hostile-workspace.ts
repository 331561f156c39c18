/** A repository that attacks whoever opens it, under every name that the extension reads or writes there. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Hostile, HOSTILE, placeHostile } from './hostile-places';

const HUGE = 8 * 1024 * 1024;

/**
 * Fills a workspace folder. Its files come on top of those that are there.
 *
 * @param outside a file that must not change
 * @returns removes what was added
 */
export function fillHostile(workspace: string, outside: string): () => void {
  const own = path.join(workspace, '.prompt-confidence');
  const isNew = !existsSync(own);
  const added: string[] = [];
  const add = (file: string, make: (file: string) => void): void => {
    mkdirSync(path.dirname(file), { recursive: true });
    make(file);
    added.push(file);
  };
  const place = (kind: Hostile, name: string): void =>
    add(path.join(workspace, name), (file) => placeHostile(kind, file, outside));
  for (const kind of HOSTILE) {
    const name = kind.replaceAll(' ', '-');
    for (const folder of ['classifiers', 'calibrators']) {
      place(kind, `.prompt-confidence/${folder}/hostile-${name}.json`);
      // It names the hostile calibrator, which is read for its marks.
      if (folder === 'classifiers')
        add(path.join(own, folder, `hostile-names-${name}.json`), (file) =>
          writeFileSync(file, classifierText(`names-${name}`, `hostile-${name}`)),
        );
    }
    place(kind, `hostile/${name}.csv.lock`);
    place(kind, `hostile/${name}.csv.part`);
    place(kind, `hostile/${name}.csv.meta.json`);
    add(path.join(workspace, `hostile/${name}.csv.part.json`), (file) =>
      writeFileSync(file, forgedState(workspace)),
    );
  }
  for (const folder of ['classifiers', 'calibrators']) {
    add(path.join(own, folder, 'hostile-huge.json'), (file) =>
      writeFileSync(file, `[${'1,'.repeat(HUGE / 2)}1]`),
    );
    add(path.join(own, folder, 'hostile-deep.json'), (file) => writeFileSync(file, '['.repeat(500_000)));
  }
  for (const [name, fields] of Object.entries({
    problems: { examples: Array<number>(500_000).fill(0) },
    digits: { labels: [{ name: `-${'1'.repeat(1_000_000)}x` }, { name: 'b' }] },
  }))
    add(path.join(own, 'classifiers', `hostile-${name}.json`), (file) =>
      writeFileSync(file, JSON.stringify({ ...classifierOf(name, 'none'), ...fields })),
    );
  for (let i = 0; i < 500; i++)
    add(path.join(own, 'classifiers', `z-hostile-${i}.json`), (file) =>
      writeFileSync(file, classifierText(`many-${i}`, 'hostile-a-link-outside')),
    );
  return () => {
    for (const file of added) {
      rmSync(file, { recursive: true, force: true });
      rmSync(`${file}.pipe`, { force: true });
    }
    rmSync(path.join(workspace, 'hostile'), { recursive: true, force: true });
    if (isNew) rmSync(own, { recursive: true, force: true });
  };
}

function classifierText(name: string, calibrator: string): string {
  return JSON.stringify(classifierOf(name, calibrator));
}

function classifierOf(name: string, calibrator: string): object {
  const labels = [{ name: 'a' }, { name: 'b' }];
  return { version: 1, name, template: '{{text}}:', labels, calibrator };
}

/** As an older version wrote it, with an output elsewhere. */
function forgedState(workspace: string): string {
  return JSON.stringify({
    schema: 1,
    out: path.join(workspace, '..', 'outside.csv'),
    source: '../../outside.csv',
    bytes: 0,
  });
}
