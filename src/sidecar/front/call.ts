import { isUtf8 } from 'node:buffer';
import { DrainctlError } from '../../errors.ts';
import { decodeCall, type RpcCall } from '../../rpc/decode.ts';

/** What XML 1.0 has no way to write, raw or as a reference: supervisord's parser refuses it. https://www.w3.org/TR/xml/#charsets */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;

/**
 * Reads a call that may be passed on to supervisord, which takes less than its own word: what it would answer with a
 * bare 400 is refused here with `RPC_PROTOCOL` and the reason, and so are document types, whose entities can grow a
 * small call into gigabytes in supervisord.
 */
export async function readFrontCall(body: Buffer): Promise<RpcCall> {
  if (!isUtf8(body)) throw malformed('it is not UTF-8');
  const text = body.toString('utf8');
  const control = unwritable.exec(text);
  if (control !== null) throw malformed(`it has a control character at ${control.index}`);
  if (/<!DOCTYPE/i.test(text)) throw malformed('it has a document type');
  return decodeCall(text);
}

function malformed(why: string): DrainctlError {
  return new DrainctlError('RPC_PROTOCOL', `not an XML-RPC call: ${why}`, {
    hint: 'Send binary data as base64.',
  });
}
