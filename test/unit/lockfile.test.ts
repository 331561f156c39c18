import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/paths';

interface Lockfile {
  packages: Record<
    string,
    { version?: string; resolved?: string; integrity?: string; optionalDependencies?: Record<string, string> }
  >;
}

interface Integrity {
  readonly checkIntegrity: (
    target: string,
    locations: readonly string[],
    locked: Lockfile['packages'],
  ) => void;
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

  // Without the hash npm installs whatever a registry sends. The registry that the lockfile was written with lacks these
  // binaries; scripts/integrity.mjs refuses to package for a platform whose binary is among them.
  it('has the hash of every package, except for binaries of platforms that cannot be packaged', () => {
    const unknown = Object.entries(packages)
      .filter(([location, { integrity }]) => location !== '' && integrity === undefined)
      .map(([location]) => location.replace('node_modules/@node-llama-cpp/', ''));
    assert.deepEqual(unknown.sort(), [
      'linux-riscv64',
      'mac-arm64-metal',
      'mac-x64',
      'win-arm64',
      'win-x64',
      'win-x64-cuda',
      'win-x64-cuda-ext',
      'win-x64-vulkan',
    ]);
  });

  it('lets no platform be packaged whose binaries have no hash', async () => {
    const { checkIntegrity } = (await import(
      pathToFileURL(path.join(ROOT, 'scripts/integrity.mjs')).href
    )) as Integrity;
    const binary = (name: string): string => `node_modules/@node-llama-cpp/${name}`;
    const engine = 'node_modules/node-llama-cpp';
    checkIntegrity('linux-x64', [engine, binary('linux-x64'), binary('linux-x64-vulkan')], packages);
    for (const [target, name] of [
      ['darwin-arm64', 'mac-arm64-metal'],
      ['win32-x64', 'win-x64'],
    ] as const)
      assert.throws(() => checkIntegrity(target, [engine, binary(name)], packages), {
        message: new RegExp(
          `^${target} cannot be packaged: .*no integrity for ${binary(name)}\\. Lock it again`,
        ),
      });
    // One that the lock file does not know at all.
    assert.throws(() => checkIntegrity('linux-arm64', [binary('nowhere')], packages), /no integrity/);
  });

  it('names no registry', () => {
    assert.deepEqual(
      Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined),
      [],
    );
  });
});
