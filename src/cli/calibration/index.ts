import { apply } from './apply';
import { calibrate } from './calibrate';
import type { Command } from '../command';
import { compare } from './compare';
import { evaluate } from './evaluate';
import { gate } from './gate';

/** The commands of this folder by name. */
export const calibrationCommands: Record<string, Command> = { evaluate, calibrate, apply, compare, gate };
