import type { Command } from '../command';
import { estimate } from './estimate';
import { labelJoin } from './label-join';
import { plan } from './plan';
import { sample } from './sample';

/** The commands of this folder by name. */
export const labelCommands: Record<string, Command> = { sample, 'label-join': labelJoin, estimate, plan };
