import { beforeEach } from 'vitest';
import { skipReason } from './preconditions.ts';

beforeEach(({ skip }) => {
  const reason = skipReason();
  if (reason !== undefined) skip(reason);
});
