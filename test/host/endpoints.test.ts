import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { Endpoints } from '../../src/editor/endpoints';
import { classifierFrom } from '../../src/core/classifier/definition';
import {
  addEndpoint,
  type KeptAnswers,
  removeEndpoint,
  setEndpointKey,
} from '../../src/features/endpoints/commands';
import type { Services } from '../../src/editor/services';
import {
  chatAnswer,
  json,
  plainAnswers,
  serve,
  type TestServer,
} from '../unit/sources/endpoint/misbehaving-server';
import { internals, scoreTexts, setMachineSetting } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

const KEY = 'sk-only-for-the-test';
const CLASSIFIER = classifierFrom(
  {
    version: 1,
    name: 'by-an-endpoint',
    template: 'Review: {{text}}\nSentiment:',
    labels: [{ name: 'positive' }, { name: 'negative' }],
    source: 'endpoint:local',
  },
  'test',
);

/** The answers are canned; the settings, the secret storage and the requests are real. */
describe('endpoints in the editor', () => {
  let services: Services;
  let server: TestServer;
  let hasProbabilities = true;

  before(async () => {
    ({ services } = await internals());
    server = await serve((response, { authorization }) => {
      if (authorization !== `Bearer ${KEY}`) json(response, { error: { message: 'Who are you?' } }, 401);
      else
        json(
          response,
          hasProbabilities ? chatAnswer({ positive: 0.7, negative: 0.2 }) : plainAnswers('positive'),
        );
    });
  });
  after(async () => {
    await setMachineSetting('endpoints', undefined);
    await server.close();
  });

  const run = async (
    command: (own: Parameters<typeof addEndpoint>[0]) => Promise<void>,
    ...answers: (string | undefined)[]
  ): Promise<ScriptedDialogs> => {
    const dialogs = new ScriptedDialogs(answers);
    await command({ ...services, dialogs });
    return dialogs;
  };
  const setting = (): unknown => vscode.workspace.getConfiguration('promptConfidence').get('endpoints');

  it('are added step by step, tested, and say what they can do', async () => {
    const dialogs = await run(
      addEndpoint,
      'http://gpu.example:8000',
      server.url,
      'Chat',
      'tiny',
      'a b',
      'local',
      KEY,
    );
    assert.match(dialogs.saying('refused')[0] ?? '', /is not encrypted/);
    assert.match(dialogs.saying('refused')[1] ?? '', /Letters, digits/);
    assert.match(dialogs.saying('info')[0] ?? '', /tiny answers and shows the 20 likeliest tokens/);
    assert.deepEqual(setting(), [
      { url: server.url, api: 'chat', model: 'tiny', name: 'local', topLogprobs: 20 },
    ]);
  });

  it('keep their key out of the settings', async () => {
    const [endpoint] = services.endpoints.list().endpoints;
    assert.ok(endpoint);
    assert.equal(await services.endpoints.key(endpoint), KEY);
    assert.ok(!JSON.stringify(vscode.workspace.getConfiguration().inspect('promptConfidence')).includes(KEY));
  });

  it('score', async () => {
    const { scores, identity } = await scoreTexts(services, CLASSIFIER, ['Good.'], { topTokens: 5 });
    assert.ok(Math.abs((scores[0]?.confidence ?? 0) - 0.7 / 0.9) < 1e-9);
    assert.equal(identity.inWords, `tiny at ${server.url}`);
  });

  it('need the key again where their address is another', async () => {
    const other = await serve((response) => json(response, chatAnswer({ positive: 0.7, negative: 0.2 })));
    try {
      await setMachineSetting('endpoints', [{ url: other.url, api: 'chat', model: 'tiny', name: 'local' }]);
      await scoreTexts(services, CLASSIFIER, ['Good.'], { topTokens: 0 });
      assert.deepEqual(
        other.requests.map(({ authorization }) => authorization).filter((value) => value !== undefined),
        [],
      );
    } finally {
      await other.close();
      await setMachineSetting('endpoints', [{ url: server.url, api: 'chat', model: 'tiny', name: 'local' }]);
    }
  });

  it('take another key, tested at once', async () => {
    await assert.rejects(run(setEndpointKey, 'local', 'sk-wrong'), { code: 'endpoint-key' });
    const dialogs = await run(setEndpointKey, 'local', KEY);
    assert.match(dialogs.saying('info')[0] ?? '', /answers with this key/);
  });

  it('are told to be without probabilities', async () => {
    hasProbabilities = false;
    const dialogs = await run(addEndpoint, server.url, 'Chat', 'quiet', 'quiet', KEY);
    assert.match(dialogs.saying('info')[0] ?? '', /shows no token probabilities. Set "method"/);
    await run(removeEndpoint, 'quiet');
    hasProbabilities = true;
  });

  it('keep what was answered when the test fails, and are tested again, changed or saved all the same', async () => {
    const kept: KeptAnswers = { answers: {} };
    const add = async (...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
      const dialogs = new ScriptedDialogs(answers);
      // Of this bundle, so that its errors are those that the command knows.
      const endpoints = new Endpoints(services.context.secrets);
      await addEndpoint({ ...services, endpoints, dialogs }, kept);
      return dialogs;
    };
    const { url } = server;
    // The key is refused, also the second time; then the person leaves.
    const first = await add(url, 'Chat', 'tiny', 'kept', 'sk-wrong', 'Retry', undefined);
    assert.equal(first.saying('error').length, 2);
    assert.match(first.saying('error')[0] ?? '', /\[Retry, Change Answers…, Save Anyway\]$/);
    // Without the key.
    assert.deepEqual(kept.answers, { url, api: 'chat', model: 'tiny', name: 'kept' });
    const again = [url, 'Chat', 'tiny', 'kept', KEY];
    const second = await add(url, 'Chat', 'tiny', 'kept', 'sk-wrong', 'Change Answers…', ...again);
    assert.match(second.saying('info')[0] ?? '', /tiny answers and shows/);
    assert.deepEqual(kept.answers, {});
    await run(removeEndpoint, 'kept');
    const third = await add(url, 'Chat', 'tiny', 'untested', 'sk-wrong', 'Save Anyway');
    assert.match(
      third.saying('warning')[0] ?? '',
      /^warning The endpoint untested was saved without a test\./,
    );
    assert.ok(services.endpoints.list().endpoints.some(({ name }) => name === 'untested'));
    await run(removeEndpoint, 'untested');
  });

  it('are proposed a name, and the answers of before', async () => {
    const asked = new Map<string, string | undefined>();
    const dialogs = new ScriptedDialogs([server.url, 'Chat', 'tiny', undefined]);
    const ask = dialogs.ask.bind(dialogs);
    dialogs.ask = (question) => {
      asked.set(question.prompt, question.value);
      return ask(question);
    };
    await addEndpoint({ ...services, dialogs }, { answers: { model: 'huge' } });
    const values = [...asked.values()];
    assert.deepEqual(values, [undefined, 'huge', 'local-2']);
  });

  it('are not brought along by a workspace', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const file = vscode.Uri.joinPath(folder, '.vscode', 'settings.json');
    const before = await readFile(file.fsPath, 'utf8');
    const own = { url: server.url, api: 'chat', model: 'theirs', name: 'theirs' };
    const settings = { ...(JSON.parse(before) as object), 'promptConfidence.endpoints': [own] };
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(JSON.stringify(settings)));
    try {
      const theirs = { ...CLASSIFIER, source: { kind: 'endpoint' as const, name: 'theirs' } };
      await assert.rejects(scoreTexts(services, theirs, ['Good.'], { topTokens: 0 }), {
        code: 'endpoint-missing',
      });
    } finally {
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(before));
    }
  });

  it('go with their key', async () => {
    const [endpoint] = services.endpoints.list().endpoints;
    assert.ok(endpoint);
    await run(removeEndpoint, 'local');
    assert.equal(await services.endpoints.key(endpoint), undefined);
    await assert.rejects(scoreTexts(services, CLASSIFIER, ['Good.'], { topTokens: 0 }), {
      code: 'endpoint-missing',
    });
  });
});
