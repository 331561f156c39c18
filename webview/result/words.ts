/** What happened to a text after it was classified. */
export const STATUS_WORDS = { live: '', replaced: 'classified again', edited: 'edited since' } as const;
