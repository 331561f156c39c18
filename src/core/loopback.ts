/** Which addresses are safe to send something to. Free of the URL class, which this zone does not have. */

/** The parts of a URL that decide. */
interface Address {
  /** "https:" */
  readonly protocol: string;
  /** Without the port; IPv6 in brackets. */
  readonly hostname: string;
}

/** https, or http to this very machine. */
export function isSafe(url: Address): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

export function isLoopback({ hostname }: Pick<Address, 'hostname'>): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
