/** Linux takes no longer path for a Unix socket, in bytes. https://man7.org/linux/man-pages/man7/unix.7.html */
const maxSocketPathBytes = 107;

/** Why a Unix socket can't have this path; undefined where it can. */
export function socketPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `must be an absolute path, not ${JSON.stringify(path)}`;
  const bytes = Buffer.byteLength(path);
  return bytes > maxSocketPathBytes
    ? `is ${bytes} bytes long; a Unix socket's path has at most ${maxSocketPathBytes}`
    : undefined;
}

/** Why this is no address of a supervisord; undefined where it is one. */
export function supervisorUrlProblem(url: string): string | undefined {
  const forms = 'write unix:///run/supervisor.sock or http://127.0.0.1:9001';
  if (url.startsWith('unix://')) {
    const problem = socketPathProblem(url.slice('unix://'.length));
    return problem === undefined ? undefined : `the path after unix:// ${problem}`;
  }
  if (!url.startsWith('http://') || !URL.canParse(url)) {
    return `${JSON.stringify(url)} is not an address of supervisord; ${forms}`;
  }
  const { username, password } = new URL(url);
  return username === '' && password === '' ? undefined : 'must not hold a user name; use username and password_file';
}

/** Why this is no URL that can be asked over HTTP; undefined where it is one. */
export function httpUrlProblem(url: string): string | undefined {
  const isHttp = URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
  return isHttp ? undefined : `${JSON.stringify(url)} is not an http:// or https:// URL`;
}

/** The parts of `host:port`, an IPv6 host in brackets; undefined where it is no such thing. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** Why nobody could log in with this user name: a colon ends it. https://www.rfc-editor.org/rfc/rfc7617#section-2 Undefined where they can. */
export function usernameProblem(username: string): string | undefined {
  return username.includes(':') ? 'must not hold a colon: no client could send it' : undefined;
}

/** True for a host that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Why nobody could log in with this password of the sidecar; undefined where they can. */
export function passwordProblem(password: string): string | undefined {
  if (!password.startsWith('{SHA}') || /^\{SHA\}[0-9a-f]{40}$/i.test(password)) return undefined;
  return 'begins with {SHA} but no SHA-1 in hexadecimal follows: `printf %s PASSWORD | sha1sum` gives its 40 digits';
}

/** The permission bits of text such as `0700`; undefined where they are none, or shut out the sidecar itself. */
export function parseSocketMode(text: string): number | undefined {
  if (!/^0?[0-7]{3}$/.test(text)) return undefined;
  const mode = Number.parseInt(text, 8);
  const ownerReadWrite = 0o600;
  return (mode & ownerReadWrite) === ownerReadWrite ? mode : undefined;
}
