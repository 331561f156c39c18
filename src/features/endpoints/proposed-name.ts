import { isLoopback } from '../../core/loopback';

/**
 * A short name for a server: "openai" for https://api.openai.com/v1, "local" for one on this machine.
 *
 * @param taken names of other endpoints: a number makes it another one
 */
export function proposedName(address: string, taken: readonly string[]): string {
  const { hostname } = new URL(address.trim());
  const [first = '', second] = hostname.split('.');
  const isGeneral = ['api', 'www'].includes(first) && second !== undefined;
  const isNumber = /^[\d.]+$|^\[/u.test(hostname);
  const name = isLoopback({ hostname }) ? 'local' : isNumber ? 'server' : isGeneral ? second : first;
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!taken.includes(free)) return free;
  }
}
