/** A record of a file that is no table: a line or an element of JSON, a row of Parquet. */
export type Found =
  | { readonly at: string; readonly value: unknown }
  /** What stands there is damaged. */
  | { readonly at: string; readonly problem: string };
