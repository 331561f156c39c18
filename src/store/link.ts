/**
 * The host that a link leads to, to be shown before it is opened. Only https links are opened: what others wrote must not
 * start a program, run a command or open a file.
 *
 * @param link may come from anybody
 * @returns "example.com", in the form that has no other alphabets; undefined for any other link
 */
export function linkHost(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url?.protocol === 'https:' ? url.host : undefined;
}
