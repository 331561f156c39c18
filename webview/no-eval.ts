/**
 * When a schema is made, zod tests whether it may compile code. The content security policy of a page forbids that and
 * reports the attempt. This must be the first import of every page, before any that makes schemas.
 */
import * as z from 'zod';

z.config({ jitless: true });
