import * as z from 'zod';

/** Where an agent's HTTP API is. */
export interface AgentAddress {
  /** The one spelling used in messages and the journal. */
  readonly label: string;
  /** Without a path. */
  readonly url: URL;
  readonly socketPath: string | undefined;
}

const form = 'write http://HOST:PORT, https://HOST:PORT or unix:///path/to.sock';

/** The agent that `text` names; undefined: it is none. */
export function parseAgentAddress(text: string): AgentAddress | undefined {
  if (/^unix:\/\/\/./.test(text)) {
    return { label: text, url: new URL('http://localhost'), socketPath: text.slice('unix://'.length) };
  }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return isBare && url.password === '' ? { label: url.origin, url, socketPath: undefined } : undefined;
}

/** An address in the configuration: text in, {@link AgentAddress} out. */
export const agentAddressSchema = z.string().transform((text, context) => {
  const address = parseAgentAddress(text);
  if (address !== undefined) return address;
  context.addIssue(`"${text}" is not the address of a Consul agent: ${form}`);
  return z.NEVER;
});
