import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { freePort } from '../../support/free-port.ts';
import { nginxArguments } from '../../support/status/nginx.ts';
import { toolPath } from '../../support/tools.ts';

describeGracefulStop('nginx', {
  async make(directory, backendPort, bySignal) {
    const port = await freePort();
    const args = nginxArguments(
      directory,
      `listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${backendPort}; proxy_buffering off; }
    location = /nginx_status { stub_status; }`,
    );
    const url = `http://127.0.0.1:${port}`;
    return {
      command: [toolPath('nginx'), ...args].join(' '),
      url,
      // Once QUIT has closed its port, nobody can ask nginx any more; the kernel still knows its connections.
      probe: bySignal ? { probe: 'nginx_status', url: `${url}/nginx_status` } : { probe: 'tcp' },
      step: { step: 'signal', signal: 'QUIT' },
    };
  },
  section: { stopsignal: 'QUIT' },
});
