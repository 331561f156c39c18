/**
 * Typed connections. A contract is a table of the methods of one connection, by the end that answers them. Both ends
 * derive their handlers and their calls from it, and each parses what it receives. Underneath is vscode-jsonrpc with
 * any of its transports; a request is cancelled by its token.
 */
import { CancellationToken, type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import * as z from 'zod';
import { ERROR_CODES } from '../core/error-codes';
import { UserError } from '../core/user-error';

interface Method {
  readonly params: z.ZodType;
  /** Null for a notification, which nobody waits for. */
  readonly result: z.ZodType | null;
}

/** What one end of a connection answers, by the names on the wire. */
export type Methods<M> = { readonly [Name in keyof M]: Method };

/** Params of a notification that carries nothing but its name. */
export const NOTHING = z.undefined();

interface Request<P extends z.ZodType, R extends z.ZodType> {
  readonly params: P;
  readonly result: R;
}

export function request<P extends z.ZodType<object>, R extends z.ZodType>(
  params: P,
  result: R,
): Request<P, R> {
  return { params, result };
}

interface Notification<P extends z.ZodType> {
  readonly params: P;
  readonly result: null;
}

export function notification<P extends z.ZodType<object | undefined>>(params: P): Notification<P> {
  return { params, result: null };
}

/**
 * A function for each method of an end. An error of a request rejects the call at the other end: a UserError as
 * itself, anything else as an internal error.
 */
export type Handlers<M extends Methods<M>> = {
  readonly [Name in keyof M]: (
    params: z.output<M[Name]['params']>,
    token: CancellationToken,
  ) => Answer<M[Name]['result']>;
};
type Answer<R> = R extends z.ZodType ? z.input<R> | Promise<z.input<R>> : unknown;

/** The methods of the other end as functions. A notification returns at once; a request promises its result. */
export type Remote<M extends Methods<M>> = {
  readonly [Name in keyof M]: M[Name]['result'] extends z.ZodType
    ? (params: z.input<M[Name]['params']>, token?: CancellationToken) => Promise<z.output<M[Name]['result']>>
    : (...params: Said<z.input<M[Name]['params']>>) => void;
};
type Said<P> = [P] extends [undefined] ? [] : [params: P];

/** One end of a connection that listens. An end must listen before it can call the other end. */
export interface Peer {
  /** @param methods that the other end answers */
  remote<M extends Methods<M>>(methods: M): Remote<M>;
  /** Answers these methods. Call it in the same turn as `listen`: no message arrives within a turn. */
  serve<M extends Methods<M>>(methods: M, handlers: Handlers<M>): void;
  dispose(): void;
}

/** @param onError receives errors that no caller waits for: a notification that could not be sent, parsed or handled */
export function listen(connection: MessageConnection, onError: (error: unknown) => void): Peer {
  connection.listen();
  return {
    remote: (methods) => remoteOf(connection, methods, onError),
    serve: (methods, handlers) => serve(connection, methods, handlers, onError),
    dispose: () => connection.dispose(),
  };
}

/** JSON-RPC error code of an error whose message is for people. */
const USER_ERROR = -32001;
const userErrorData = z.object({ code: z.enum(ERROR_CODES), data: z.record(z.string(), z.unknown()) });

function serve<M extends Methods<M>>(
  connection: MessageConnection,
  methods: M,
  handlers: Handlers<M>,
  onError: (error: unknown) => void,
): void {
  for (const name in methods) {
    const { params, result } = methods[name];
    // It takes what the schema beside it makes.
    const handle = handlers[name] as (params: unknown, token: CancellationToken) => unknown;
    if (result === null)
      connection.onNotification(name, async (said: unknown) => {
        try {
          await handle(params.parse(said), CancellationToken.None);
        } catch (error) {
          onError(error);
        }
      });
    else
      connection.onRequest(name, async (said: unknown, token: CancellationToken): Promise<unknown> => {
        try {
          return await handle(params.parse(said), token);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          const { code, message, data } = error;
          throw new ResponseError(USER_ERROR, message, { code, data });
        }
      });
  }
}

function remoteOf<M extends Methods<M>>(
  connection: MessageConnection,
  methods: M,
  onError: (error: unknown) => void,
): Remote<M> {
  const calls = Object.entries<Method>(methods).map(([name, { result }]) => [
    name,
    result === null
      ? (...said: unknown[]): void => {
          const send = async (): Promise<void> => connection.sendNotification(name, ...said);
          // A connection that is over throws at once.
          send().catch(onError);
        }
      : async (...said: unknown[]): Promise<unknown> => {
          try {
            return result.parse(await connection.sendRequest(name, ...said));
          } catch (error) {
            throw asUserError(error);
          }
        },
  ]);
  // Each name has the function that the mapped type gives it.
  return Object.fromEntries(calls) as Remote<M>;
}

function asUserError(error: unknown): unknown {
  if (!(error instanceof ResponseError) || error.code !== USER_ERROR) return error;
  const known = userErrorData.safeParse(error.data);
  if (!known.success) return error;
  const { code, data } = known.data;
  return new UserError(code, error.message, { data, cause: error });
}
