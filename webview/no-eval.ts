/**
 * zod tries whether it may compile code as soon as a schema is made; the content security policy of a page forbids
 * it and reports the try. To be the first import of every page, before those that bring schemas along.
 */
import * as z from 'zod';

z.config({ jitless: true });
