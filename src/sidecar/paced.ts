/** Work that may be asked for far more often than it is worth doing. */
export interface Paced {
  /** Does it now, or as soon as it has rested; what was asked for while it rests is done once. */
  request(): void;
  /** Does it no more. */
  end(): void;
}

/** Paces `work`: between two times there are at least `restMs`. */
export function paced(restMs: number, work: () => void): Paced {
  let rest: NodeJS.Timeout | undefined;
  let isWanted = false;
  const request = () => {
    isWanted = rest !== undefined;
    if (isWanted) return;
    work();
    rest = setTimeout(awake, restMs);
    rest.unref();
  };
  const awake = () => {
    rest = undefined;
    if (isWanted) request();
  };
  return { request, end: () => clearTimeout(rest) };
}
