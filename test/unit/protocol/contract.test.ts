import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import {
  CancellationTokenSource,
  createMessageConnection,
  PortMessageReader,
  PortMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import * as z from 'zod';
import { UserError } from '../../../src/core/user-error';
import {
  type Handlers,
  listen,
  NOTHING,
  notification,
  type Peer,
  request,
} from '../../../src/protocol/contract';
import { TestEvent, untilEvent } from '../../support/until';

const CONTRACT = {
  server: {
    half: request(z.object({ of: z.number() }), z.object({ is: z.number() })),
    say: notification(z.object({ words: z.string() })),
    wake: notification(NOTHING),
  },
  client: { heard: notification(z.object({ words: z.string() })) },
};

describe('a contract', () => {
  let channel: MessageChannel;
  let client: Peer;
  let heard: string[];
  let failures: unknown[];
  /** Fires when something was heard or failed. */
  const changes = new TestEvent();
  const fail = (error: unknown): void => {
    failures.push(error);
    changes.fire();
  };

  const connectionOver = (port: MessageChannel['port1']): MessageConnection =>
    createMessageConnection(new PortMessageReader(port), new PortMessageWriter(port));

  /** The other end, as another version of it may be. */
  function serve(handlers: Partial<Handlers<typeof CONTRACT.server>>): void {
    const server = listen(connectionOver(channel.port2), fail);
    const remote = server.remote(CONTRACT.client);
    server.serve(CONTRACT.server, {
      half: ({ of }) => ({ is: of / 2 }),
      say: (said) => remote.heard(said),
      wake: () => remote.heard({ words: 'awake' }),
      ...handlers,
    });
  }
  const untilHeard = async (): Promise<string[]> => {
    await untilEvent(changes.on, () => heard.length + failures.length > 0);
    return heard;
  };

  beforeEach(() => {
    channel = new MessageChannel();
    heard = [];
    failures = [];
    client = listen(connectionOver(channel.port1), fail);
    client.serve(CONTRACT.client, {
      heard: ({ words }) => {
        heard.push(words);
        changes.fire();
      },
    });
  });
  afterEach(() => {
    channel.port1.close();
    channel.port2.close();
  });

  it('has requests that are answered, and notifications that are heard', async () => {
    serve({});
    const server = client.remote(CONTRACT.server);
    assert.deepEqual(await server.half({ of: 3 }), { is: 1.5 });
    server.say({ words: 'hello' });
    assert.deepEqual(await untilHeard(), ['hello']);
    heard.length = 0;
    server.wake();
    assert.deepEqual(await untilHeard(), ['awake']);
  });

  it('carries errors for people as such, and others as defects', async () => {
    serve({
      half: ({ of }) => {
        throw of === 0
          ? new UserError('no-optimum', 'Nothing has no half.', { data: { of } })
          : new TypeError('broken');
      },
    });
    const server = client.remote(CONTRACT.server);
    await assert.rejects(server.half({ of: 0 }), {
      name: 'UserError',
      code: 'no-optimum',
      message: 'Nothing has no half.',
      data: { of: 0 },
    });
    await assert.rejects(
      server.half({ of: 1 }),
      (error) => !(error instanceof UserError) && String(error).includes('broken'),
    );
  });

  it('cancels a request by its token', async () => {
    serve({
      half: async (_, token) => {
        if (!token.isCancellationRequested)
          await new Promise((resolve) => token.onCancellationRequested(resolve));
        throw new UserError('cancelled', 'Cancelled.');
      },
    });
    const cancellation = new CancellationTokenSource();
    const answer = client.remote(CONTRACT.server).half({ of: 1 }, cancellation.token);
    cancellation.cancel();
    await assert.rejects(answer, { code: 'cancelled' });
  });

  it('takes nothing that has another shape, whoever sends it', async () => {
    serve({});
    const other = { half: request(z.object({ of: z.string() }), z.object({ is: z.number() })) };
    await assert.rejects(client.remote(other).half({ of: '3' }), /expected number/);
    const server = { half: request(z.object({ of: z.number() }), z.object({ was: z.number() })) };
    await assert.rejects(client.remote(server).half({ of: 3 }), z.ZodError);
    client.remote({ say: notification(z.object({ words: z.number() })) }).say({ words: 7 });
    await untilHeard();
    assert.ok(failures[0] instanceof z.ZodError);
  });

  it('tells of notifications that fail: where they are handled, and where they cannot be sent', async () => {
    serve({
      say: () => Promise.reject(new Error('deaf')),
    });
    const server = client.remote(CONTRACT.server);
    server.say({ words: 'hello' });
    await untilHeard();
    assert.match(String(failures[0]), /deaf/);
    client.dispose();
    failures = [];
    server.wake();
    await untilHeard();
    assert.match(String(failures[0]), /disposed/);
  });
});
