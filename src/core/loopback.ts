/** Which addresses are safe to send data to. It does not use the URL class, which this zone lacks. */

/** The parts of a URL that matter. */
interface Address {
  /** "https:" */
  readonly protocol: string;
  /** Without the port; IPv6 in brackets. */
  readonly hostname: string;
}

/** https, or http to this machine. */
export function isSafe(url: Address): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

export function isLoopback({ hostname }: Pick<Address, 'hostname'>): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
