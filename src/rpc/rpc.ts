/** The values that XML-RPC carries. There is no nil: absent text is "", an unknown count is -1. http://xmlrpc.com/spec.md */
export type RpcValue = string | number | boolean | Date | Buffer | readonly RpcValue[] | RpcStruct;

/** A struct. */
export interface RpcStruct {
  readonly [member: string]: RpcValue;
}

/** A fault that a peer answered with, or that a method throws to answer with. supervisord's numbers are 1 to 92. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly faultCode: number;

  constructor(faultCode: number, faultString: string) {
    super(faultString);
    this.faultCode = faultCode;
  }
}

/** Where an XML-RPC peer listens, and who we say we are. */
export interface RpcEndpoint {
  /** `unix:///path/to.sock` or `http://host:port` (with an optional path; `/RPC2` otherwise). */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** How one call is bounded. */
export interface RpcCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the connect to the last byte of the answer. */
  readonly timeoutMs: number;
}
