import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { freePort } from '../../support/free-port.ts';
import { apacheArguments } from '../../support/status/apache.ts';
import { toolPath } from '../../support/tools.ts';

describeGracefulStop('Apache', {
  async make(directory, backendPort) {
    const port = await freePort();
    const config = `StartServers 1
ProxyPass "/server-status" !
ProxyPass "/" "http://127.0.0.1:${backendPort}/"`;
    const args = apacheArguments(directory, { port, mpm: 'event', config });
    const url = `http://127.0.0.1:${port}`;
    return {
      command: [toolPath('apache2'), ...args].join(' '),
      url,
      probe: { probe: 'apache_status', url: `${url}/server-status` },
      step: { step: 'signal', signal: 'WINCH' },
    };
  },
  section: { stopsignal: 'WINCH' },
});
