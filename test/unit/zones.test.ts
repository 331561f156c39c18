import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Zones {
  violation(importer: string, specifier: string): string | undefined;
}

describe('the dependency rule', () => {
  let zones: Zones;
  before(async () => {
    const root = process.env.PROMPT_CONFIDENCE_ROOT ?? process.cwd();
    zones = (await import(pathToFileURL(path.join(root, 'scripts/zones.mjs')).href)) as Zones;
  });

  it('keeps core to itself', () => {
    assert.equal(zones.violation('src/core/scoring/a.ts', '../classifier/b'), undefined);
    assert.match(
      zones.violation('src/core/scoring/a.ts', '../../store/b') ?? '',
      /may not import src\/store/,
    );
    assert.match(zones.violation('src/core/a.ts', 'node:fs') ?? '', /may not import node:fs/);
    assert.match(zones.violation('src/core/a.ts', 'vscode') ?? '', /may not import vscode/);
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
