import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';

const MODEL = {
  file: 'gemma-3-270m-q4_k_m.gguf',
  bytes: 253_113_024,
  sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
};

describe('npm start', () => {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder(), name);

  beforeEach(async function () {
    // The stand-ins for npm and code are shell scripts.
    if (process.platform === 'win32') this.skip();
    await cp(path.join(ROOT, 'scripts'), at('scripts'), { recursive: true });
    await writeFile(at('package-lock.json'), '{}');
    await mkdir(at('node_modules'));
    await writeFile(at('node_modules/.package-lock.json'), '{}');
    await writeFile(at('esbuild.mjs'), 'import fs from "node:fs"; fs.mkdirSync("dist"); ' + writeCli(0));
    await mkdir(at('bin'));
    await mkdir(at('sample'));
    await pretendModel(at('home/models'));
  });

  function writeCli(exitCode: number): string {
    const cli = `const args = process.argv.slice(2);
      const answer = (label, confidence) => ({ label, confidence });
      const results = [
        { text: 'Good.', ...answer('positive', 0.91), calibrated: answer('positive', 0.95) },
        { text: 'Dull.', ...answer('positive', 0.659), calibrated: answer('negative', 0.957) },
      ];
      console.log(JSON.stringify(args.includes('--json') ? { results, calibrator: { file: 'c.json' } } : args));
      process.exit(${exitCode})`;
    return `fs.writeFileSync("dist/cli.mjs", ${JSON.stringify(cli)});`;
  }

  async function stub(name: string, script: string): Promise<void> {
    await writeFile(at(`bin/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  function start(...args: string[]) {
    // Nothing else on PATH: neither a real npm nor a real code is started.
    const env = { PATH: at('bin'), PROMPT_CONFIDENCE_HOME: at('home') };
    return spawnSync(process.execPath, [at('scripts/start.mjs'), ...args], { env, encoding: 'utf8' });
  }

  it('goes from what is there to the first classification', () => {
    const { status, stdout, stderr } = start('--headless');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\[2\/5\] Dependencies\nnode_modules is up to date\./);
    assert.match(stdout, /Licence: Gemma Terms of Use/);
    assert.match(
      stdout,
      /\["classify","I love this movie!","Best worst thing ever","--classifier","sentiment","--model","gemma-3-270m-q4_k_m\.gguf","--top","10"\]\n/,
    );
    assert.match(stdout, /text +raw +calibrated\n +Good\. +positive 91\.0% +positive 95\.0%\n/u);
    assert.match(stdout, /Dull\. +positive 65\.9% +negative 95\.7%\n/u);
    assert.match(stdout, /answers "positive" to 2 of these 2 texts\. The calibrator c\.json/u);
    assert.match(stdout, /Next: .+\n$/u);
  });

  it('installs when node_modules is missing or older than the lock file', async () => {
    await stub('npm', 'echo "npm $@"');
    await utimes(at('node_modules/.package-lock.json'), 1, 1);
    assert.match(start('--headless').stdout, /npm ci /);
    await rm(at('dist'), { recursive: true });
    await rm(at('node_modules'), { recursive: true });
    assert.match(start('--headless').stdout, /npm ci /);
  });

  it('opens the extension and the sample folder where there is a code command', async () => {
    await stub('code', 'echo "code $@"');
    const { status, stdout } = start();
    assert.equal(status, 0);
    assert.ok(stdout.endsWith(`code --extensionDevelopmentPath=${folder()} ${at('sample')}\n`), stdout);
  });

  it('says how to see it in VS Code where there is none', () => {
    const { status, stdout } = start();
    assert.equal(status, 0);
    assert.match(stdout, /press F5/);
    assert.match(stdout, /Install from VSIX/);
  });

  it('says which step failed, and fails', async () => {
    await writeFile(at('esbuild.mjs'), 'import fs from "node:fs"; fs.mkdirSync("dist"); ' + writeCli(3));
    const classify = start('--headless');
    assert.equal(classify.status, 1);
    assert.match(classify.stderr, /first classification failed.*exit status 3/);
    await writeFile(at('esbuild.mjs'), 'process.exit(1)');
    assert.match(start('--headless').stderr, /The build failed/);
    await stub('npm', 'exit 1');
    await rm(at('node_modules'), { recursive: true });
    assert.match(start('--headless').stderr, /npm ci failed/);
    assert.match(start('--headles').stderr, /Usage: npm start/);
  });
});

/** A file of the model's size whose right hash is on record: what a verified download leaves behind. */
async function pretendModel(models: string): Promise<void> {
  await mkdir(models, { recursive: true });
  const file = path.join(models, MODEL.file);
  await writeFile(file, '');
  await truncate(file, MODEL.bytes);
  const { mtimeMs, ctimeMs } = await stat(file);
  const hashes = { [MODEL.file]: { bytes: MODEL.bytes, mtimeMs, ctimeMs, sha256: MODEL.sha256 } };
  await writeFile(path.join(models, 'index.json'), JSON.stringify({ version: 1, models: {}, hashes }));
}
