/** The records of a file of predictions, whatever it is written in. */
import type { Found } from './found';
import { jsonRecords } from './json-records';
import { isParquet, parquetRecords } from './parquet-records';

/** @throws UserError everything of `jsonRecords` and `parquetRecords` */
export async function* recordsOf(file: string): AsyncGenerator<readonly Found[]> {
  yield* (await isParquet(file)) ? parquetRecords(file) : jsonRecords(file);
}
