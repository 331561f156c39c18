/** A decision bucket: shape, colour and name. */
import { BUCKET_SHAPES, type MarkedBucket } from '../../src/core/decisions/bucket-mark';
import { h } from '../dom';

/** @param options nameless: only the shape is visible; the name is read aloud and shown on hover */
export function bucketMark(
  { name, tone }: Pick<MarkedBucket, 'name' | 'tone'>,
  { nameless = false } = {},
): HTMLElement {
  return h(
    'span',
    { class: `bucket ${tone}`, title: nameless ? name : undefined },
    h('span', { class: 'shape', 'aria-hidden': 'true' }, BUCKET_SHAPES[tone]),
    nameless ? h('span', { class: 'unseen' }, name) : ` ${name}`,
  );
}
