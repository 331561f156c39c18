/** A sequence classification model in ONNX Runtime. */
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { quoted } from '../core/quote';
import { UserError } from '../core/user-error';

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;
const OUTPUT = 'logits';

export class HeadSession {
  private constructor(
    private readonly session: InferenceSession,
    private readonly outputs: number,
    private readonly file: string,
  ) {}

  /**
   * @param outputs of the head that its config.json names
   * @throws UserError `encoder-onnx` for what is no model, or one for another task
   */
  static async load(modelPath: string, outputs: number, threads: number): Promise<HeadSession> {
    const file = path.basename(modelPath);
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(modelPath, {
        executionProviders: ['cpu'],
        executionMode: 'sequential',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
    } catch (error) {
      throw new UserError('encoder-onnx', `${file} cannot be loaded: ${messageOf(error)}.`, { cause: error });
    }
    checkInputs(session, file);
    checkOutput(session, file, outputs);
    return new HeadSession(session, outputs, file);
  }

  /**
   * The outputs for texts with equally many tokens, which are evaluated together.
   *
   * @param rows at least one
   * @throws UserError `encoder-onnx` where the model does not give one row of outputs for each
   */
  async run(rows: readonly (readonly number[])[]): Promise<readonly (readonly number[])[]> {
    const shape = [rows.length, rows[0]?.length ?? 0];
    const size = rows.length * (rows[0]?.length ?? 0);
    const filled = {
      input_ids: () => BigInt64Array.from(rows.flat(), BigInt),
      attention_mask: () => new BigInt64Array(size).fill(1n),
      token_type_ids: () => new BigInt64Array(size),
    };
    const feeds = INPUTS.filter((name) => this.session.inputNames.includes(name)).map(
      (name) => [name, new Tensor('int64', filled[name](), shape)] as const,
    );
    const result = await this.session.run(Object.fromEntries(feeds), [OUTPUT]).catch((error: unknown) => {
      throw new UserError('encoder-onnx', `${this.file} cannot be evaluated: ${messageOf(error)}.`, {
        cause: error,
      });
    });
    const { data, dims } = result[OUTPUT] ?? {};
    if (!(data instanceof Float32Array) || dims?.length !== 2 || dims[0] !== rows.length)
      throw otherTask(this.file, `its output has the shape [${dims?.join(', ') ?? ''}]`);
    if (dims[1] !== this.outputs) throw otherCount(this.file, dims[1] ?? 0, this.outputs);
    return rows.map((_, row) => [...data.slice(row * this.outputs, (row + 1) * this.outputs)]);
  }
}

function checkInputs({ inputNames, inputMetadata }: InferenceSession, file: string): void {
  const known: readonly string[] = INPUTS;
  const strange = inputNames.find((name) => !known.includes(name));
  if (strange !== undefined) throw otherTask(file, `it asks for ${quoted(strange)}`);
  if (!inputNames.includes(INPUTS[0])) throw otherTask(file, `it does not ask for "${INPUTS[0]}"`);
  for (const input of inputMetadata) {
    if (!input.isTensor || input.type !== 'int64')
      throw otherTask(file, `its input ${quoted(input.name)} is no int64 tensor`);
    const [, length] = input.shape;
    if (typeof length === 'number' && length > 0)
      throw otherTask(file, `it takes texts of exactly ${length} tokens`);
  }
}

function checkOutput({ outputNames, outputMetadata }: InferenceSession, file: string, outputs: number): void {
  const output = outputMetadata.find(({ name }) => name === OUTPUT);
  if (output === undefined)
    throw otherTask(file, `it gives ${outputNames.map(quoted).join(', ')}, and no "${OUTPUT}"`);
  if (!output.isTensor || output.type !== 'float32')
    throw otherTask(file, `its "${OUTPUT}" are ${output.isTensor ? output.type : 'no tensor'}, not float32`);
  const { shape } = output;
  if (shape.length > 0 && shape.length !== 2)
    throw otherTask(file, `its "${OUTPUT}" have ${shape.length} dimensions, as for single tokens`);
  const [, own] = shape;
  if (typeof own === 'number' && own !== outputs) throw otherCount(file, own, outputs);
}

function otherTask(file: string, why: string): UserError {
  return new UserError(
    'encoder-onnx',
    `${file} is not exported for the classification of texts: ${why}. Export it again for the task "text-classification".`,
  );
}

function otherCount(file: string, own: number, outputs: number): UserError {
  return new UserError(
    'encoder-onnx',
    `${file} has ${own} outputs, but config.json names ${outputs} labels. They are of different models.`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
