/** What became of a text since it was classified. */
export const STATUS_WORDS = { live: '', replaced: 'classified again', edited: 'edited since' } as const;
