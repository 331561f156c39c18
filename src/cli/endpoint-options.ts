/** Options that name an endpoint in place of the engine. Its key comes from the environment only. */
import { checkedKey } from '../sources/endpoint/key';
import { EndpointSource } from '../sources/endpoint/endpoint-source';
import { SYSTEM_CLOCK } from '../sources/endpoint/pace';
import { endpointFrom, type Endpoint } from '../sources/endpoint/settings';
import { usageError } from './command';
import { decimalNumber } from './numbers';

/** For node:util parseArgs. */
export const ENDPOINT_OPTIONS = {
  endpoint: { type: 'string' },
  'endpoint-model': { type: 'string' },
  api: { type: 'string' },
  'top-logprobs': { type: 'string' },
  'requests-per-minute': { type: 'string' },
  price: { type: 'string' },
} as const;

export const ENDPOINT_USAGE = `  --endpoint URL          an OpenAI-compatible server instead of a model file; if it needs a key, set the environment
                          variable PROMPT_CONFIDENCE_API_KEY
  --endpoint-model NAME   name of the model on the server
  --api WHICH             the API to call: chat or completion
  --top-logprobs N        number of likeliest tokens to ask for; 0 if the model shows none (default: 20)
  --requests-per-minute N limit of requests (default: as many as the server accepts)
  --price PROMPT,ANSWER   price per million tokens of prompt and of answer, for the estimate before a run`;

export interface EndpointValues {
  readonly endpoint?: string | undefined;
  readonly 'endpoint-model'?: string | undefined;
  readonly api?: string | undefined;
  readonly 'top-logprobs'?: string | undefined;
  readonly 'requests-per-minute'?: string | undefined;
  readonly price?: string | undefined;
}

/**
 * The endpoint that the options name; undefined if they name none.
 *
 * @throws UserError usage; `endpoint-insecure`; `endpoint-key` for a key that cannot be one
 */
export function endpointSource(values: EndpointValues): EndpointSource | undefined {
  if (values.endpoint === undefined) return undefined;
  const key = checkedKey(process.env.PROMPT_CONFIDENCE_API_KEY);
  return new EndpointSource(endpointOf(values), {
    key: () => key,
    clock: SYSTEM_CLOCK,
    random: Math.random,
  });
}

function endpointOf(values: EndpointValues): Endpoint {
  const { endpoint: url, 'endpoint-model': model, api } = values;
  if (model === undefined) throw usageError('--endpoint needs --endpoint-model NAME.');
  if (api !== 'chat' && api !== 'completion')
    throw usageError('--endpoint needs --api chat or --api completion.');
  const topLogprobs = amount('top-logprobs', values['top-logprobs']);
  const requestsPerMinute = amount('requests-per-minute', values['requests-per-minute']);
  const [promptPerMillion, answerPerMillion] = prices(values.price);
  return endpointFrom({
    name: 'command-line',
    url,
    api,
    model,
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(promptPerMillion === undefined ? {} : { price: { promptPerMillion, answerPerMillion } }),
  });
}

function prices(value: string | undefined): (number | undefined)[] {
  if (value === undefined) return [];
  const parts = value.split(',');
  if (parts.length !== 2)
    throw usageError(`--price must be PROMPT,ANSWER, for example 0.15,0.6, not "${value}".`);
  return parts.map((part) => amount('price', part));
}

function amount(option: string, value: string | undefined): number | undefined {
  return value === undefined ? undefined : decimalNumber(option, value, 'a number', (number) => number >= 0);
}
