/** What the clients of a server may ask of it. Counts of 0 and times of 0 are no limit. */
export interface RpcServerLimits {
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  /** From one address over TCP; the clients of a Unix socket can't be told apart. */
  readonly maxConnectionsPerClient: number;
  /** On one connection, which is then closed. */
  readonly maxCallsPerConnection: number;
  /** From the connect, or the first byte of a later request, to the last byte of the headers. */
  readonly headersTimeoutMs: number;
  /** To the last byte of the request. How long a method takes is not limited. */
  readonly requestTimeoutMs: number;
  /** How long a connection is kept open between two calls. */
  readonly idleTimeoutMs: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly sendTimeoutMs: number;
}

/** The limits where none are given. An idle connection may be that of a person at supervisorctl's prompt. */
export const defaultRpcServerLimits: RpcServerLimits = {
  maxBodyBytes: 2 ** 20,
  maxConnections: 256,
  maxConnectionsPerClient: 64,
  maxCallsPerConnection: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 3_600_000,
  sendTimeoutMs: 60_000,
};
