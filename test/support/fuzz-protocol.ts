/** Messages of every contract that are nearly right: each is answered or left alone, and the connection goes on. */
import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { createMessageConnection, PortMessageReader, PortMessageWriter } from 'vscode-jsonrpc/node';
import * as z from 'zod';
import { type Random, seededRandom } from '../../src/core/random';
import { CALIBRATION_PAGE_CONTRACT } from '../../src/protocol/calibration-page';
import { CALIBRATION_WORKER_CONTRACT } from '../../src/protocol/calibration-worker';
import { listen, request } from '../../src/protocol/contract';
import { ENGINE_CONTRACT } from '../../src/protocol/engine';
import { PAGE_CONTRACT } from '../../src/protocol/page';
import { RESULT_PAGE_CONTRACT } from '../../src/protocol/result-page';
import { HOSTILE } from './hostile';
import { mutate, oddValue, pick } from './mutate';

interface Method {
  readonly params: z.ZodType;
  readonly result: z.ZodType | null;
}
type Table = Readonly<Record<string, Method>>;

/** Every end of every connection, by name. */
const ENDS: Readonly<Record<string, Table>> = Object.fromEntries(
  Object.entries({
    engine: ENGINE_CONTRACT,
    page: PAGE_CONTRACT,
    'result page': RESULT_PAGE_CONTRACT,
    'calibration page': CALIBRATION_PAGE_CONTRACT,
    'calibration worker': CALIBRATION_WORKER_CONTRACT,
  }).flatMap(([name, contract]) =>
    Object.entries(contract).map(([end, methods]) => [`${name}, ${end}`, methods as Table]),
  ),
);

const ALIVE = { alive: request(z.object({ n: z.number() }), z.object({ n: z.number() })) };

/** Messages between two looks at whether the connection goes on. */
const BATCH = 100;

/** @param runs how many messages are sent, over all ends together */
export async function fuzzProtocols({
  runs,
  seed,
}: {
  readonly runs: number;
  readonly seed: number;
}): Promise<void> {
  const random = seededRandom(seed);
  const ends = Object.entries(ENDS);
  for (const [name, methods] of ends) await fuzzEnd(name, methods, Math.ceil(runs / ends.length), random);
}

async function fuzzEnd(end: string, methods: Table, runs: number, random: Random): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const heard = { valid: 0, refused: 0 };
  const handled: (readonly [name: string, params: z.ZodType, said: unknown])[] = [];
  const server = listen(
    createMessageConnection(new PortMessageReader(port2), new PortMessageWriter(port2)),
    (error) => {
      // Not more than a message about what was wrong: nothing else of a message is handled.
      assert.ok(error instanceof Error, String(error));
      heard.refused++;
    },
  );
  const handlers = Object.fromEntries(
    Object.entries(methods).map(([name, { params, result }]) => [
      name,
      (said: unknown) => {
        heard.valid++;
        handled.push([name, params, said]);
        return result === null ? undefined : sampleOf(result, random);
      },
    ]),
  );
  server.serve(methods, handlers);
  server.serve(ALIVE, { alive: ({ n }) => ({ n }) });
  const client = createMessageConnection(new PortMessageReader(port1), new PortMessageWriter(port1));
  client.listen();
  try {
    for (let run = 0; run < runs; run++) {
      const [name, { params, result }] = pick(random, Object.entries(methods));
      const valid = sampleOf(params, random);
      const said = random() < 0.2 ? valid : mutate(valid, random);
      const kind = random();
      if (kind < 0.3)
        // Not only its params: the message itself, as another program would send it.
        port1.postMessage(
          mutate(
            { jsonrpc: '2.0', method: name, params: said, ...(result === null ? {} : { id: `raw ${run}` }) },
            random,
          ),
        );
      else if (result === null) await client.sendNotification(name, said);
      else void client.sendRequest(name, said).catch(() => undefined);
      if (run % BATCH === BATCH - 1 || run === runs - 1)
        assert.deepEqual(await client.sendRequest('alive', { n: run }), { n: run }, `${end} is deaf`);
    }
    assert.ok(heard.valid > 0, `${end}: no message was valid, so that nothing was tried`);
    assert.ok(heard.valid < runs, `${end}: every message was handled, so that none was checked`);
    for (const [name, params, said] of handled)
      assert.ok(params.safeParse(said).success, `${end}: ${name} handled ${JSON.stringify(said)}`);
    assert.deepEqual(Object.keys({}.constructor.prototype as object), [], `${end}: every object has changed`);
  } finally {
    client.dispose();
    server.dispose();
    port1.close();
    port2.close();
  }
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
  readonly $ref?: string;
}

const schemas = new Map<z.ZodType, JsonSchema>();

/** A value that a schema describes; most of them are valid. */
function sampleOf(schema: z.ZodType, random: Random): unknown {
  let json = schemas.get(schema);
  if (json === undefined) {
    json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
    schemas.set(schema, json);
  }
  return sample(json, random, 0);
}

function sample(schema: JsonSchema, random: Random, depth: number): unknown {
  const inner = (of: JsonSchema): unknown => sample(of, random, depth + 1);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return inner(pick(random, options));
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  const type = typeof schema.type === 'object' ? pick(random, schema.type) : schema.type;
  switch (type) {
    case 'object':
      return objectOf(schema, random, inner);
    case 'array':
      if (schema.prefixItems !== undefined) return schema.prefixItems.map(inner);
      return Array.from({ length: (schema.minItems ?? 0) + Math.floor(random() * 3) }, () =>
        inner(schema.items ?? {}),
      );
    case 'string':
      if (schema.pattern?.includes('64') === true) return 'a'.repeat(64);
      return random() < 0.5 ? 'a' : pick(random, Object.values(HOSTILE));
    case 'integer':
    case 'number': {
      const low = schema.minimum ?? schema.exclusiveMinimum ?? 0;
      const number = Math.min(schema.maximum ?? Infinity, Math.max(low, -1e6) + 1 + random());
      return type === 'integer' ? Math.floor(number) : number;
    }
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    default:
      return Object.keys(schema).some((key) => key !== '$schema') ? undefined : oddValue(random);
  }
}

function objectOf(schema: JsonSchema, random: Random, inner: (of: JsonSchema) => unknown): object {
  const named = Object.entries(schema.properties ?? {})
    .filter(([name]) => schema.required?.includes(name) === true || random() < 0.5)
    .map(([name, of]) => [name, inner(of)]);
  const { additionalProperties: others, propertyNames } = schema;
  const more =
    typeof others === 'object' && schema.properties === undefined
      ? (propertyNames?.enum ?? ['a', 'b']).map((name) => [String(name), inner(others)])
      : [];
  return Object.fromEntries([...named, ...more]) as object;
}
