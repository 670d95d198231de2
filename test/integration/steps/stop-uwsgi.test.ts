import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { freePort } from '../../support/free-port.ts';
import { toolPath } from '../../support/tools.ts';

describeGracefulStop('uWSGI', {
  async make(directory, backendPort, bySignal) {
    const port = await freePort();
    const [stats, fifo] = [directory.file('stats.sock'), directory.file('fifo')];
    const application = directory.write(
      'pass_on.py',
      `import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def application(environ, start_response):
    answer = opener.open('http://127.0.0.1:${backendPort}' + environ['PATH_INFO'])
    start_response('200 OK', [('Content-Length', answer.headers.get('Content-Length', '3'))])
    # In pieces, so that the client has the first half while the rest is being made.
    return iter(lambda: answer.read1(65536), b'')
`,
    );
    const file = directory.write(
      'uwsgi.ini',
      `[uwsgi]
plugin = python3
master = true
need-app = true
wsgi-file = ${application}
processes = 2
threads = 2
http-socket = 127.0.0.1:${port}
stats = ${stats}
${bySignal ? 'hook-master-start = unix_signal:15 gracefully_kill_them_all' : `die-on-term = true\nmaster-fifo = ${fifo}`}
`,
    );
    return {
      command: `${toolPath('uwsgi')} --ini ${file}`,
      url: `http://127.0.0.1:${port}`,
      probe: { probe: 'uwsgi_stats', address: stats },
      step: { step: 'exec', command: ['sh', '-c', `echo q > ${fifo}`] },
    };
  },
  section: {},
});
