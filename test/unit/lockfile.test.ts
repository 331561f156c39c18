import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/paths';

interface Lockfile {
  packages: Record<
    string,
    { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }
  >;
}

describe('the lockfile', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;

  // npm leaves out optional packages that the registry in use does not have, and `npm ci` then refuses the lockfile.
  it('names the binaries of the model library for every platform', () => {
    const wanted = packages['node_modules/node-llama-cpp']?.optionalDependencies ?? {};
    assert.ok(Object.keys(wanted).length > 10);
    for (const [name, version] of Object.entries(wanted))
      assert.equal(packages[`node_modules/${name}`]?.version, version, name);
  });

  it('names no registry', () => {
    assert.deepEqual(
      Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined),
      [],
    );
  });
});
