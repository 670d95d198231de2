import { freePort } from './free-port.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

/** A stack whose sidecar serves health and metrics. */
export interface HttpStack extends Stack {
  /** `http://127.0.0.1:PORT` */
  readonly httpUrl: string;
}

/** Starts a stack with `sidecar.http`, at `port` where that is given. */
export async function startHttpStack(
  options: Omit<StackOptions, 'config'> & { port?: number } = {},
): Promise<HttpStack> {
  const { port = await freePort(), ...rest } = options;
  const address = `127.0.0.1:${port}`;
  const stack = await startStack({
    ...rest,
    config: (config) => ({ ...config, sidecar: { ...config.sidecar, http: address } }),
  });
  return Object.assign(stack, { httpUrl: `http://${address}` });
}
