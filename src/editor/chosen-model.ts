/** The model that a classifier would use now, by name only: a list is no reason to hash gigabytes or to ask a server. */
import { sendsTexts } from '../core/classifier/source-name';
import type { Classifier } from '../core/classifier/definition';
import type { FolderEntry, ModelEntry } from '../store/models';
import type { Endpoints } from './endpoints';
import { readSettings } from './settings';
import { distantSource } from './sources';

/** The model that the next request would use, found without reading a file or asking a server. */
export type ChosenModel =
  | {
      readonly kind: 'elsewhere';
      /** Name of the endpoint or of the editor model. */
      readonly name: string;
      /** "tiny at http://localhost:8000/v1" */
      readonly inWords: string;
      /** Why it cannot be asked, if that is known. */
      readonly problem?: string;
      /** Number of model files on this machine, which it does not use. */
      readonly present: number;
    }
  /** A folder of a sequence classification model, which has a process of its own. */
  | { readonly kind: 'encoder'; readonly file: string; readonly isThere: boolean; readonly present: number }
  | { readonly kind: 'none'; readonly present: number }
  | { readonly kind: 'missing'; readonly file: string }
  | { readonly kind: 'there'; readonly file: string; readonly bytes: number };

/** What is on this machine. */
export interface Present {
  /** Language models whose files are there. */
  readonly models: readonly ModelEntry[];
  readonly folders: readonly FolderEntry[];
}

/**
 * @param classifier undefined for one that names no model
 */
export function chosenModel(
  classifier: Pick<Classifier, 'model' | 'source'> | undefined,
  { models: present, folders }: Present,
  endpoints: Endpoints,
): ChosenModel {
  if (classifier !== undefined && sendsTexts(classifier.source))
    return { kind: 'elsewhere', ...distantSource(classifier.source, endpoints), present: present.length };
  if (classifier?.source.kind === 'encoder') {
    const file = classifier.model?.file ?? '';
    const isThere = folders.some((entry) => entry.file === file && !entry.missing);
    return { kind: 'encoder', file, isThere, present: present.length };
  }
  const wanted = classifier?.model?.file ?? readSettings().model;
  const [only] = present;
  if (wanted === '')
    return only !== undefined && present.length === 1
      ? { kind: 'there', file: only.file, bytes: only.bytes }
      : { kind: 'none', present: present.length };
  const found = present.find((entry) => entry.path === wanted || entry.file === wanted);
  return found === undefined
    ? { kind: 'missing', file: wanted }
    : { kind: 'there', file: found.file, bytes: found.bytes };
}
