import { isIP } from 'node:net';
import { findSection } from '../../supervisor/config-file.ts';
import type { IniSection } from '../../supervisor/ini.ts';
import { octal, othersMayWrite } from '../file-mode.ts';
import { defineRule, type Problem, tellingRule } from '../rule.ts';

/** Whatever needs supervisord is skipped where it does not answer. */
export const supervisordAnswers = tellingRule('supervisord', {
  name: 'supervisord-answers',
  severity: 'error',
  looksAt: 'supervisord answers.',
  remedy: 'Start supervisord, or set supervisor.url.',
});

/** supervisord 4.2.5 itself fails at this call where a number in its configuration is over 2^31. */
export const supervisordSettings = tellingRule('settings', {
  name: 'supervisord-settings',
  severity: 'warning',
  looksAt:
    'supervisord tells the settings of its programs (getAllConfigInfo); without them the stop order is not known.',
  remedy: 'Lower numbers over 2147483647 in its configuration, such as stdout_logfile_maxbytes=2GB.',
});

/** Some settings stand in the files only. */
export const supervisordConfig = tellingRule('supervisordConfig', {
  name: 'supervisord-config',
  severity: 'warning',
  looksAt: "supervisord's configuration file is found and can be read.",
  remedy: 'Run this as root.',
});

/** Whoever may connect to supervisord's socket may stop everything, past drainctl. */
export const supervisordSocket = defineRule({
  name: 'supervisord-socket',
  severity: 'error',
  looksAt: "supervisord's own socket is not open to everybody.",
  remedy: 'Set chmod=0700 in [unix_http_server] of its configuration, then restart supervisord.',
  needs: ['supervisordSocket'],
  check: ({ supervisordSocket: socket }) =>
    othersMayWrite(socket)
      ? [
          {
            target: socket.path,
            message: `Everybody on this machine may stop everything, undrained, and have supervisord start programs as its own user (mode ${octal(socket)}).`,
          },
        ]
      : [],
});

/** The same over the network. */
export const supervisordHttp = defineRule({
  name: 'supervisord-http',
  severity: 'error',
  looksAt: 'A supervisord that listens on other addresses than loopback wants a password.',
  remedy: 'Set username and password in [inet_http_server], or port=127.0.0.1:9001.',
  needs: ['supervisordConfig'],
  check({ supervisordConfig: config }) {
    const section = findSection(config, 'inet_http_server');
    const port = section?.entries.get('port');
    if (section === undefined || port === undefined || isLoopback(port.value) || hasPassword(section)) return [];
    return [
      {
        target: `${port.file}:${port.line}`,
        message: `supervisord listens on ${port.value} without a password: everybody who reaches this machine may stop everything and run programs on it.`,
      },
    ];
  },
});

function hasPassword({ entries }: IniSection): boolean {
  return (entries.get('username')?.value ?? '') !== '' && (entries.get('password')?.value ?? '') !== '';
}

/** `9001` and `*:9001` are all addresses; `:9001` too. */
function isLoopback(port: string): boolean {
  const host = port.includes(':') ? port.slice(0, port.lastIndexOf(':')).replace(/^\[|\]$/g, '') : '';
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** What supervisorctl stops past the sidecar is not drained. */
export const supervisorctlServerurl = defineRule({
  name: 'supervisorctl-serverurl',
  // No install changes the operator's own file, so that an installed machine is not one with a finding.
  severity: 'advice',
  looksAt: 'supervisorctl goes to the sidecar, which drains what it stops (`serverurl` of `[supervisorctl]`).',
  remedy: "Set serverurl of [supervisorctl] to the sidecar's socket.",
  needs: ['supervisordConfig', 'front'],
  check({ supervisordConfig: config, front }): readonly Problem[] {
    const section = findSection(config, 'supervisorctl');
    const entry = section?.entries.get('serverurl');
    // supervisorctl reads the main file alone.
    const url = entry?.file === config.file ? entry.value : 'http://localhost:9001';
    if (front.isFront(url)) return [];
    return [
      {
        target: entry === undefined ? config.file : `${entry.file}:${entry.line}`,
        message: `supervisorctl goes to ${url}, past the sidecar: its stop, restart and update cut off what is in flight.`,
        remedy: `Set serverurl=unix://${front.socket} in [supervisorctl] of ${config.file}. It takes effect at once.`,
      },
    ];
  },
});
