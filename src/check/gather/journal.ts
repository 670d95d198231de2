import type { Config } from '../../config/config.ts';
import { Journal, spareFolder } from '../../drain/journal.ts';
import { setAsideOf } from '../../drain/set-aside.ts';
import { silentLog } from '../../log.ts';
import type { FactTypes } from '../facts.ts';

/** The journal, as whoever does not hold the lock may read it. */
export async function gatherJournal(config: Config): Promise<FactTypes['journal']> {
  const journal = new Journal(config.stateDir, silentLog, spareFolder(config.sidecar.socket));
  const [content, problem, setAside] = await Promise.all([journal.peek(), journal.problem(), setAsideOf(journal.file)]);
  return { file: journal.file, content, problem, setAside };
}
