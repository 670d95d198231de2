import { freePort } from './free-port.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import type { StackConfig } from './stack-config.ts';

/** A stack whose sidecar serves health and metrics. */
export interface HttpStack extends Stack {
  /** `http://127.0.0.1:PORT` */
  readonly httpUrl: string;
}

/** Starts a stack with `sidecar.http`, at `port` where that is given. */
export async function startHttpStack(options: StackOptions & { readonly port?: number } = {}): Promise<HttpStack> {
  const { port = await freePort(), config: change = (config) => config, ...rest } = options;
  const address = `127.0.0.1:${port}`;
  const stack = await startStack({
    ...rest,
    config: (config) => change({ ...config, sidecar: { ...config.sidecar, http: address } } as StackConfig), // as: with one key more
  });
  return Object.assign(stack, { httpUrl: `http://${address}` });
}
