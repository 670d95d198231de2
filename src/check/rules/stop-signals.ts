import { constants } from 'node:os';
import { basename } from 'node:path';
import type { ProcessConfig } from '../../supervisor/process.ts';
import { defineRule, type Problem } from '../rule.ts';

const { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGKILL } = constants.signals;

/** A program whose own manual tells signals that end it at once from the one that lets it finish. */
interface KnownProgram {
  readonly title: string;
  /** What its command is called. */
  readonly command: RegExp;
  readonly abrupt: readonly number[];
  /** What these signals do to it. */
  readonly effect: string;
  readonly remedy: string;
  /** Words in its command line or the files that this names, with which nothing is wrong. */
  readonly unless?: RegExp;
  readonly manual: string;
}

const closes = 'ends at once and closes every connection';

const setSignal = (signal: string) => `Set stopsignal=${signal} in its [program:…] section`;

const programs: readonly KnownProgram[] = [
  {
    title: 'nginx',
    command: /^(nginx|openresty|angie)$/,
    abrupt: [SIGTERM, SIGINT],
    effect: closes,
    remedy: setSignal('QUIT'),
    manual: 'https://nginx.org/en/docs/control.html',
  },
  {
    title: 'php-fpm',
    command: /^php[\d.]*-fpm[\d.]*$/,
    abrupt: [SIGTERM, SIGINT],
    effect: closes,
    remedy: `${setSignal('QUIT')}, and process_control_timeout in php-fpm.conf, without which it ends at once on QUIT as well`,
    manual: 'php-fpm(8)',
  },
  {
    title: 'Apache',
    command: /^(apache2|httpd|apachectl|apache2ctl)$/,
    abrupt: [SIGTERM],
    effect: closes,
    remedy: setSignal('WINCH'),
    manual: 'https://httpd.apache.org/docs/2.4/stopping.html',
  },
  {
    title: 'HAProxy',
    command: /^haproxy$/,
    abrupt: [SIGTERM, SIGINT],
    effect: closes,
    remedy: setSignal('USR1'),
    manual: 'https://docs.haproxy.org/2.6/management.html#4',
  },
  {
    title: 'unicorn',
    command: /^unicorn(_rails)?$/,
    abrupt: [SIGTERM, SIGINT],
    effect: closes,
    remedy: setSignal('QUIT'),
    manual: 'https://yhbt.net/unicorn/SIGNALS.html',
  },
  {
    title: 'gunicorn',
    command: /^gunicorn3?$/,
    abrupt: [SIGQUIT, SIGINT],
    effect: closes,
    remedy: setSignal('TERM'),
    manual: 'https://docs.gunicorn.org/en/stable/signals.html',
  },
  {
    title: 'uWSGI',
    command: /^uwsgi(-core)?$/,
    abrupt: [SIGTERM, SIGHUP],
    effect: 'loads itself anew and does not end, so that supervisord kills it after stopwaitsecs',
    remedy:
      'Give uWSGI "hook-master-start = unix_signal:15 gracefully_kill_them_all", which lets requests end, or "die-on-term = true", which does not',
    unless: /die-on-term|gracefully_kill_them_all|exit-on-reload/,
    manual: 'https://uwsgi-docs.readthedocs.io/en/latest/Management.html',
  },
  {
    title: 'uWSGI',
    command: /^uwsgi(-core)?$/,
    abrupt: [SIGQUIT, SIGINT],
    effect: closes,
    remedy: `${setSignal('TERM')}, and give uWSGI "hook-master-start = unix_signal:15 gracefully_kill_them_all"`,
    manual: 'https://uwsgi-docs.readthedocs.io/en/latest/Management.html',
  },
];

const signalNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** drainctl drains before it stops; but what is stopped past it, or outlasts its deadline, gets this signal while it works. */
export const stopSignals = defineRule({
  name: 'stop-signals',
  severity: 'warning',
  looksAt:
    'The stopsignal of nginx, php-fpm, Apache, HAProxy, unicorn, gunicorn and uWSGI is the one that lets them finish, and no program has KILL.',
  remedy: 'Set the graceful stopsignal.',
  needs: ['processes', 'settings', 'commandFiles'],
  check: ({ processes, commandFiles }) => processes.flatMap(({ target: { config } }) => judge(config, commandFiles)),
});

function judge(config: ProcessConfig, texts: ReadonlyMap<string, string>): readonly Problem[] {
  const signal = signalNames.get(config.stopSignal) ?? String(config.stopSignal);
  const load = `then: supervisorctl reread, "drainctl stop ${config.group}:*", supervisorctl update ${config.group}`;
  if (config.stopSignal === SIGKILL)
    return [
      {
        target: config.fullName,
        message: 'Its stopsignal is KILL: it can never finish what it works on.',
        remedy: `Set stopsignal=TERM in its [program:…] section, ${load}`,
      },
    ];
  const words = wordsOf(config.command);
  const program = programs.find(
    ({ command, abrupt }) => abrupt.includes(config.stopSignal) && words.some((word) => command.test(basename(word))),
  );
  if (program === undefined) return [];
  const files = program.unless === undefined ? [] : filesIn(config.command);
  const said = [config.command, ...files.map((file) => texts.get(file) ?? '')];
  if (said.some((text) => program.unless?.test(text))) return [];
  const unread = files.filter((file) => !texts.has(file));
  const doubt = unread.length === 0 ? '' : ` ${unread.join(', ')} could not be read and may say otherwise.`;
  return [
    {
      target: config.fullName,
      message: `It is stopped with ${signal}, on which ${program.title} ${program.effect}.${doubt}`,
      remedy: `${program.remedy} (${program.manual}), ${load}`,
    },
  ];
}

/** What a command may begin with before the program that is meant. */
const wrappers = /^(sh|bash|dash|env|exec|nice|ionice|sudo|setpriv|python[\d.]*|ruby[\d.]*|bundle|-\w+|--|[A-Z_]+=.*)$/;

/** The first word that is no wrapper, and no option of one: `bash -c "exec nginx -g …"` is nginx. */
function wordsOf(command: string): readonly string[] {
  const words = command.split(/[\s'"]+/).filter((word) => word !== '');
  return words.filter((word) => !wrappers.test(basename(word))).slice(0, 1);
}

/** The configuration files that a command line names: `--ini /etc/uwsgi/app.ini`, `--ini=app.ini`. */
export function filesIn(command: string): readonly string[] {
  return command.split(/[\s'"=]+/).filter((word) => /\.(ini|ya?ml|xml|json)$/.test(word));
}

/** True for a command whose files say how it takes its signals. */
export function readsFiles(command: string): boolean {
  return programs.some(
    (each) => each.unless !== undefined && wordsOf(command).some((word) => each.command.test(basename(word))),
  );
}
