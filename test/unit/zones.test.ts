import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/paths';

interface Zones {
  violation(importer: string, specifier: string): string | undefined;
  bundleViolations(
    zone: string,
    output: { inputs: Record<string, object>; imports: { path: string; external?: boolean }[] },
  ): string[];
}

describe('the dependency rule', () => {
  let zones: Zones;
  before(async () => {
    zones = (await import(pathToFileURL(path.join(ROOT, 'scripts/zones.mjs')).href)) as Zones;
  });

  it('keeps core to itself', () => {
    assert.equal(zones.violation('src/core/scoring/a.ts', '../classifier/b'), undefined);
    assert.match(
      zones.violation('src/core/scoring/a.ts', '../../store/b') ?? '',
      /may not import src\/store/,
    );
    assert.match(zones.violation('src/core/a.ts', 'node:fs') ?? '', /may not import node:fs/);
    assert.match(zones.violation('src/core/a.ts', 'fs/promises') ?? '', /may not import fs/);
    assert.match(zones.violation('src/core/a.ts', 'vscode') ?? '', /may not import vscode/);
  });

  it('lets a room of the core import only the rooms below it', () => {
    assert.equal(zones.violation('src/core/metrics/a.ts', '../model/b'), undefined);
    assert.match(
      zones.violation('src/core/model/a.ts', '../metrics/b') ?? '',
      /src\/core\/model may not import src\/core\/metrics/,
    );
  });

  it('lets the use cases know neither the editor nor the terminal', () => {
    assert.equal(zones.violation('src/app/a.ts', '../store/b'), undefined);
    assert.match(zones.violation('src/app/a.ts', 'vscode') ?? '', /may not import vscode/);
    assert.match(zones.violation('src/app/a.ts', '../cli/b') ?? '', /may not import src\/cli/);
    assert.match(zones.violation('src/store/a.ts', '../app/b') ?? '', /may not import src\/app/);
  });

  it('holds a bundle to the zone of its entry', () => {
    const output = {
      inputs: { 'src/cli/main.ts': {}, 'src/app/a.ts': {}, 'node_modules/zod/index.js': {} },
      imports: [{ path: 'node:fs', external: true }],
    };
    assert.deepEqual(zones.bundleViolations('src/cli', output), []);
    const foul = {
      inputs: { 'src/cli/main.ts': {}, 'src/engine/a.ts': {}, 'node_modules/node-llama-cpp/a.js': {} },
      imports: [{ path: 'vscode', external: true }],
    };
    assert.deepEqual(zones.bundleViolations('src/cli', foul), [
      'src/cli may not contain src/engine/a.ts',
      'src/cli may not contain node-llama-cpp',
      'src/cli may not contain vscode',
    ]);
  });

  it('keeps the model library to the engine', () => {
    assert.equal(zones.violation('src/engine/a.ts', 'node-llama-cpp'), undefined);
    assert.match(
      zones.violation('src/sources/a.ts', 'node-llama-cpp') ?? '',
      /may not import node-llama-cpp/,
    );
  });

  it('keeps features apart', () => {
    assert.equal(zones.violation('src/features/hover/a.ts', './b'), undefined);
    assert.match(zones.violation('src/features/hover/a.ts', '../score/b') ?? '', /feature hover/);
  });
});
