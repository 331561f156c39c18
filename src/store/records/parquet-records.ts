/** Rows of Parquet files, a part of a row group at a time. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { type Compressors, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UserError } from '../../core/user-error';
import { openRegular } from '../read-regular';
import type { Found } from './found';
import { PARSERS, readingOf } from './parquet-values';

const ROWS_AT_ONCE = 5_000;
/** Bytes of an unpacked page; writers make pages of a megabyte or so. */
const LARGEST_PAGE = 256 * 1024 * 1024;

/** Some bytes may say that they unpack to gigabytes; those of an empty page, of a column of nulls alone, need not unpack. */
const UNPACK: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (packed: Uint8Array, length: number): Uint8Array => {
      if (length > LARGEST_PAGE)
        throw new Error(`a page of it would be ${Math.round(length / 1e6)} MB large. The file is damaged.`);
      return length === 0 ? new Uint8Array() : unpack(packed, length);
    },
  ]),
);

/** Whether a file begins as Parquet does. */
export async function isParquet(file: string): Promise<boolean> {
  const handle = await openRegular(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1';
  } finally {
    await handle.close();
  }
}

/**
 * @throws UserError not-parquet: the file is damaged, or of a kind that the reader does not know
 */
export async function* parquetRecords(file: string): AsyncGenerator<readonly Found[]> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const source = {
      byteLength: size,
      slice: async (start: number, end = size): Promise<ArrayBuffer> => {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer.slice(0, bytesRead);
      },
    };
    const metadata = await parquetMetadataAsync(source);
    const read = readingOf(parquetSchema(metadata));
    const rows = Number(metadata.num_rows);
    for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
      const end = Math.min(rows, start + ROWS_AT_ONCE);
      const found = await parquetReadObjects({
        file: source,
        metadata,
        compressors: UNPACK,
        parsers: PARSERS,
        rowStart: start,
        rowEnd: end,
      });
      yield found.map((row, index): Found => ({
        at: `row ${start + index + 1}`,
        value: read === undefined ? row : read(row),
      }));
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError('not-parquet', `${path.basename(file)} cannot be read as Parquet: ${reason}`, {
      cause: error,
    });
  } finally {
    await handle.close();
  }
}
