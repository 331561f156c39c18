import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { ClassifierDiagnostics } from '../../src/features/classifiers/diagnostics';
import { writeDraft } from '../../src/features/classifiers/new-classifier';
import { checkPlace } from '../../src/editor/place';
import type { Services } from '../../src/editor/services';
import { CAN_BE_HOSTILE, HOSTILE, OUTSIDE, outsideFile } from '../support/hostile-places';
import { fillHostile } from '../support/hostile-workspace';
import { until } from '../support/until';
import { reportCalibratorError } from '../../src/editor/calibrator-problem';
import { CalibratorError } from '../../src/editor/calibrators';
import type { Binding } from '../../src/core/model/binding';
import { internals } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

/** What the opening of a folder may take, on a machine that does other things too. */
const OPENS_MS = 60_000;
const OPENS_BYTES = 300 * 1024 * 1024;

describe('a hostile workspace that is trusted and opened', () => {
  let services: Services;
  let folder: vscode.WorkspaceFolder;
  let place: string;
  let outside: string;
  let clear: () => void;

  before(async function () {
    if (!CAN_BE_HOSTILE) this.skip();
    ({ services } = await internals());
    folder = vscode.workspace.workspaceFolders?.[0] ?? assert.fail();
    place = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-outside-'));
    outside = outsideFile(place);
    clear = fillHostile(folder.uri.fsPath, outside);
  });
  after(() => {
    clear();
    rmSync(place, { recursive: true, force: true });
  });
  afterEach(() => {
    assert.equal(readFileSync(outside, 'utf8'), OUTSIDE);
    assert.deepEqual(readdirSync(place), ['outside.txt']);
  });

  it('is read in bounded time and memory, and nothing is written', async function () {
    this.timeout(2 * OPENS_MS);
    const before = namesIn(folder);
    const started = performance.now();
    const memory = process.memoryUsage().rss;
    // What happens before the first click: jobs are looked for, classifiers are read, and their problems are shown.
    const diagnostics = new ClassifierDiagnostics(services);
    const jobs = await services.jobs.unfinished();
    // The list is read anew after the editor has noticed the last of the files. It does not list a link to itself.
    const listed = HOSTILE.filter((kind) => kind !== 'a link to itself').map((kind) =>
      kind.replaceAll(' ', '-'),
    );
    const classifiers = await until('the last classifier is read', async () => {
      const list = await services.classifiers.list();
      const isWhole = list.some(
        (entry) => entry.kind !== 'builtin' && entry.uri.path.endsWith('/hostile-huge.json'),
      );
      const kinds = list.filter((entry) => entry.kind === 'invalid').length;
      return isWhole && kinds >= listed.length + 2 ? list : undefined;
    });
    const calibrators = await services.calibrators.list(folder.uri);
    await until('problems are shown', () => {
      const names = vscode.languages.getDiagnostics().map(([uri]) => path.basename(uri.path));
      return names.includes('hostile-deep.json') || undefined;
    });
    diagnostics.dispose();
    assert.ok(performance.now() - started < OPENS_MS, `${performance.now() - started} ms`);
    assert.ok(process.memoryUsage().rss - memory < OPENS_BYTES);
    // The forged states beside tables are no jobs.
    assert.deepEqual(
      jobs.filter(({ output }) => output.includes('hostile') || output.includes('outside')),
      [],
    );
    const named = new Map(
      classifiers.flatMap((entry) =>
        entry.kind === 'builtin' ? [] : [[path.basename(entry.uri.path, '.json'), entry] as const],
      ),
    );
    for (const kind of [...listed, 'huge', 'deep', 'problems', 'digits'])
      assert.equal(named.get(`hostile-${kind}`)?.kind, 'invalid', kind);
    // Of very many files the first are read.
    assert.ok(named.size <= 100, String(named.size));
    assert.deepEqual(
      calibrators.filter(({ uri }) => uri.path.includes('hostile')),
      [],
    );
    assert.deepEqual(namesIn(folder), before);
  });

  it('has no name through which something is written outside', async () => {
    const workspace = folder.uri.fsPath;
    for (const kind of HOSTILE) {
      const name = kind.replaceAll(' ', '-');
      await assert.rejects(
        checkPlace(
          vscode.Uri.file(path.join(workspace, `.prompt-confidence/calibrators/hostile-${name}.json`)),
        ),
        { code: 'not-a-file' },
      );
      await assert.rejects(
        writeDraft(folder, {
          ...{ name: `hostile-${name}`, labels: ['a', 'b'], kind: 'question', question: '', examples: [] },
        }),
        {
          code: 'not-a-file',
        },
      );
    }
    symlinkSync(place, path.join(workspace, 'hostile', 'elsewhere'));
    await assert.rejects(checkPlace(vscode.Uri.file(path.join(workspace, 'hostile/elsewhere/scored.csv'))), {
      code: 'leads-elsewhere',
    });
  });
});

describe('a calibrator that a link leads to', () => {
  it('is not bound, because it lies outside', async function () {
    if (!CAN_BE_HOSTILE) this.skip();
    const { services } = await internals();
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    const place = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-outside-'));
    const link = path.join(workspace, 'elsewhere');
    symlinkSync(place, link);
    const binding: Binding = {
      model: { kind: 'file', name: 'm.gguf', sha256: 'a'.repeat(64) },
      promptSha256: 'a'.repeat(64),
      scoring: { method: 'token-probability', mode: 'first-token' },
      backend: 'cpu',
    };
    const uri = vscode.Uri.file(path.join(link, 'calibrator.json'));
    const error = new CalibratorError('calibrator-unbound', 'Unbound.', { classifier: 'own', uri, binding });
    const dialogs = new ScriptedDialogs(['Bind…']);
    try {
      await assert.rejects(
        reportCalibratorError({ log: services.log, dialogs }, error, () => assert.fail()),
        { code: 'leads-elsewhere' },
      );
    } finally {
      rmSync(link);
      rmSync(place, { recursive: true });
    }
  });
});

function namesIn({ uri }: vscode.WorkspaceFolder): string[] {
  return readdirSync(uri.fsPath, { recursive: true, encoding: 'utf8' }).sort();
}
