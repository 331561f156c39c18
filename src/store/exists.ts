import { lookAt } from './atomic';

/** Whether a name is taken on the disk: by a file, a folder or a link, wherever that leads. */
export async function exists(file: string): Promise<boolean> {
  return (await lookAt(file)) !== undefined;
}
