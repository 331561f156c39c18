import { apply } from './apply';
import { calibrate } from './calibrate';
import type { Command } from '../command';
import { evaluate } from './evaluate';
import { gate } from './gate';

/** The commands of this folder by the name they are called by. */
export const calibrationCommands: Record<string, Command> = { evaluate, calibrate, apply, gate };
