/**
 * A label that may be right beside others, as a pair of labels that exclude each other: it, and not it. On a tie, at one
 * half, it is it.
 */
export function pairOf(label: string): readonly [string, string] {
  return [label, `not ${label}`];
}
