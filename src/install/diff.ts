import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** A change of a text as a unified diff, as diff(1) prints it; a side that is not there is `/dev/null`. */
export function unifiedDiff(file: string, before: string | undefined, after: string | undefined): string {
  return createTwoFilesPatch(
    before === undefined ? '/dev/null' : file,
    after === undefined ? '/dev/null' : file,
    before ?? '',
    after ?? '',
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY },
  );
}
