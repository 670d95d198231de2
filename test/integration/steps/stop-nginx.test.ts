import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { freePort } from '../../support/free-port.ts';
import { toolPath } from '../../support/tools.ts';

describeGracefulStop('nginx', {
  async make(directory, backendPort, bySignal) {
    const port = await freePort();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const file = directory.write(
      'nginx.conf',
      `daemon off;
worker_processes 2;
pid ${directory.file('nginx.pid')};
error_log ${directory.file('error.log')};
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory.file(name)};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${backendPort}; proxy_buffering off; }
    location = /nginx_status { stub_status; }
  }
}
`,
    );
    const url = `http://127.0.0.1:${port}`;
    return {
      command: `${toolPath('nginx')} -e ${directory.file('error.log')} -c ${file}`,
      url,
      // Once QUIT has closed its port, nobody can ask nginx any more; the kernel still knows its connections.
      probe: bySignal ? { probe: 'nginx_status', url: `${url}/nginx_status` } : { probe: 'tcp' },
      step: { step: 'signal', signal: 'QUIT' },
    };
  },
  section: { stopsignal: 'QUIT' },
});
