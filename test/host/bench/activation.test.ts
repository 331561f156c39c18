/** Run by `npm run bench` alone: nothing else may have used the extension before. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Shell } from '../../../src/shell';
import { print } from '../print';

const ID = 'prompt-confidence.prompt-confidence';

/** The times that VS Code takes itself: by the time that a test runs, it has started the extension. */
const timesSchema = z.object({
  MonacoPerformanceMarks: z.object({
    getMarks: z.custom<() => unknown>((value) => typeof value === 'function'),
  }),
});
const marksSchema = z.array(z.object({ name: z.string(), startTime: z.number() }));

describe('activation', () => {
  it('is timed, and loads nothing that nobody has used yet', async () => {
    const extension = vscode.extensions.getExtension<Shell>(ID);
    assert.ok(extension);
    const { wake } = await extension.activate();
    const features = path.join(extension.extensionPath, 'dist', 'features.cjs');
    const isLoaded = (): boolean => Object.hasOwn(createRequire(__filename).cache, features);
    assert.equal(isLoaded(), false, 'the features were loaded with the shell');
    const marks = marksSchema.parse(timesSchema.parse(globalThis).MonacoPerformanceMarks.getMarks());
    const at = (what: string): number =>
      marks.find(({ name }) => name === `code/extHost/${what}/${ID}`)?.startTime ?? assert.fail(what);
    const activation =
      at('didLoadExtensionCode') -
      at('willLoadExtensionCode') +
      at('didActivateExtension') -
      at('willActivateExtension');
    const started = performance.now();
    await wake();
    const first = performance.now() - started;
    assert.equal(isLoaded(), true);
    print(
      `activation (load and activate, real extension host): ${activation.toFixed(0)} ms; ` +
        `with everything that the first use loads: ${(activation + first).toFixed(0)} ms`,
    );
  });
});
