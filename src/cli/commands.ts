import { cancel } from './cancel.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { drain } from './drain.ts';
import { drivers } from './drivers.ts';
import { history } from './history.ts';
import { install } from './install.ts';
import { listen } from './listen.ts';
import { plan } from './plan.ts';
import { pool } from './pool.ts';
import { restart } from './restart.ts';
import { shutdown } from './shutdown.ts';
import { standby } from './standby.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { uninstall } from './uninstall.ts';

/**
 * Every command by its name, in the order of the help. They are small, and one file is read faster than twelve; what is large (the engine,
 * the schema, the drivers) a command loads when it runs, so that it does not slow down `status`.
 */
export const commands: ReadonlyMap<string, Command> = new Map(
  [
    status,
    plan,
    drain,
    pool,
    stop,
    start,
    restart,
    shutdown,
    cancel,
    check,
    history,
    install,
    uninstall,
    drivers,
    listen,
    standby,
  ].map((command) => [command.name, command]),
);
