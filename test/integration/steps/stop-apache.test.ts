import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { freePort } from '../../support/free-port.ts';
import { toolPath } from '../../support/tools.ts';

/** Where Debian's package has the modules. */
const modules = '/usr/lib/apache2/modules';
const loaded = ['mpm_event', 'authz_core', 'status', 'proxy', 'proxy_http'];

describeGracefulStop('Apache', {
  async make(directory, backendPort) {
    const port = await freePort();
    const file = directory.write(
      'apache.conf',
      `ServerRoot ${directory.path}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${directory.file('apache.pid')}
DefaultRuntimeDir ${directory.path}
ErrorLog ${directory.file('error.log')}
User www-data
Group www-data
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
StartServers 1
<Location "/server-status">
  SetHandler server-status
</Location>
ProxyPass "/server-status" !
ProxyPass "/" "http://127.0.0.1:${backendPort}/"
`,
    );
    const url = `http://127.0.0.1:${port}`;
    return {
      command: `${toolPath('apache2')} -D FOREGROUND -f ${file}`,
      url,
      probe: { probe: 'apache_status', url: `${url}/server-status` },
      step: { step: 'signal', signal: 'WINCH' },
    };
  },
  section: { stopsignal: 'WINCH' },
});
