import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examplesFolder } from '../example.ts';
import { parseBySupervisord } from '../supervisord-parser.ts';

type Section = Readonly<Record<string, string>>;

/** The sections of a file of an example by their names, as supervisord reads them. */
export async function exampleSections(example: string, file: string): Promise<Readonly<Record<string, Section>>> {
  const [parsed] = await parseBySupervisord([readFileSync(join(examplesFolder, example, file), 'utf8')]);
  if (parsed == null) throw new Error(`supervisord refuses examples/${example}/${file}`);
  return parsed.sections;
}

/** The section that is shipped, as a container has it: its log goes to standard error. */
export async function shippedListenerIn(container: { readonly stopwaitsecs: string }): Promise<Section> {
  const [parsed] = await parseBySupervisord([readFileSync('supervisord.d/drain.conf', 'utf8')]);
  const { stderr_logfile_backups: _, ...shipped } = parsed?.sections['eventlistener:drain'] ?? {};
  return { ...shipped, stderr_logfile: '/dev/stderr', stderr_logfile_maxbytes: '0', ...container };
}
