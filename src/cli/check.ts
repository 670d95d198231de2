import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { printFindings } from './findings.ts';
import { printJson } from './output.ts';

export const check: Command = {
  name: 'check',
  args: '',
  summary: 'Check configuration and installation against the live system: every finding with its remedy.',
  description:
    'Changes nothing. Ends with 1 where there is a finding. Run it as root: what it may not look at it tells as a finding.',
  examples: ['drainctl check', 'drainctl check --json'],
  options: [],
  async run({ configFile, env, stdout, json, color }) {
    const { loadConfig } = await import('../config/load.ts');
    const config = loadConfig(configFile, { env });
    const { check: look } = await import('../check/check.ts');
    const document = await look({ config, env });
    if (json) printJson(stdout, document);
    else printFindings(stdout, document, color && stdout.isTTY === true);
    return document.findings.length === 0 ? exitCodes.done : exitCodes.failed;
  },
};
