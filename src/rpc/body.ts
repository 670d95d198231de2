import type { IncomingMessage } from 'node:http';

/**
 * Everything that `message` brings, or undefined as soon as it is more than `limitBytes`, with the rest left
 * unread. Rejects where the connection ends before the message does.
 */
export function readBody(message: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limitBytes) {
        message.pause();
        message.removeAllListeners('data');
        resolve(undefined);
      } else {
        chunks.push(chunk);
      }
    });
    message.once('end', () => resolve(Buffer.concat(chunks)));
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed before the end of the message')));
  });
}
