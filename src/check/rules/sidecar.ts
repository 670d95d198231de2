import { octal, othersMayWrite } from '../file-mode.ts';
import { sayNames } from '../names.ts';
import { defineRule, type Problem, tellingRule } from '../rule.ts';

const restart = 'supervisorctl restart drain';

/** Commands work without a sidecar, but each on its own, and nobody puts back by itself. */
export const sidecarAnswers = tellingRule('sidecar', {
  name: 'sidecar-answers',
  severity: 'error',
  looksAt: 'The sidecar answers on `sidecar.socket`.',
  remedy: 'See its log, and compare sidecar.socket with the configuration that the sidecar has read.',
});

/** Two versions may not understand each other. */
export const sidecarVersion = defineRule({
  name: 'sidecar-version',
  severity: 'warning',
  looksAt: 'The sidecar is of the same version as this command.',
  remedy: `Restart the sidecar: ${restart}. Nothing is drained by this.`,
  needs: ['sidecar', 'version'],
  check: ({ sidecar, version }) =>
    sidecar.version.version === version
      ? []
      : [
          {
            target: `sidecar (pid ${sidecar.version.pid})`,
            message: `It is version ${sidecar.version.version}, and this command is ${version}: it was not restarted since drainctl was installed anew.`,
          },
        ],
});

/** The sidecar goes by the file as it was when the sidecar last read it. */
export const sidecarConfig = defineRule({
  name: 'sidecar-config',
  severity: 'warning',
  looksAt: 'The sidecar has read the same configuration file as this command, and the file has not changed since.',
  remedy:
    'Have the sidecar read it: supervisorctl signal HUP drain. Nothing is drained by this; its log and "drainctl status" say what came of it.',
  needs: ['sidecar', 'config', 'configChangedAtMs'],
  check({ sidecar: { version: own }, config, configChangedAtMs }) {
    const target = `sidecar (pid ${own.pid})`;
    const say = (file: string) => (file === '' ? 'no file at all' : file);
    if (own.config !== config.file)
      return [
        {
          target,
          message: `It goes by ${say(own.config)}, and this command by ${say(config.file)}: they may drain differently.`,
          remedy: 'Name the same file with --config, in [eventlistener:drain] and in ExecStop= of the unit.',
        },
      ];
    if (configChangedAtMs <= Date.parse(own.config_loaded_at)) return [];
    return [{ target, message: `${config.file} has changed since it read it, and it goes by what it read.` }];
  },
});

/** The sidecar may run as another user than this command, or in another mount namespace. */
export const sidecarReachesPools = defineRule({
  name: 'sidecar-reaches-pools',
  severity: 'error',
  looksAt: 'The sidecar reaches every pool address that this command reaches: it may run as another user.',
  remedy: 'Give the user that the sidecar runs as access to the socket, such as with `group` in haproxy.cfg.',
  needs: ['sidecar', 'pools'],
  check({ sidecar, pools }) {
    const reached = new Set(
      pools
        .filter(({ failure, onlyInSidecar }) => failure === undefined && !onlyInSidecar)
        .map(({ address }) => address),
    );
    const blind = new Map(sidecar.blindFor.map(({ address, why }) => [address, why]));
    return [...blind]
      .filter(([address]) => reached.has(address))
      .map(([address, why]) => ({
        target: address,
        message: `This command reaches it, but the sidecar does not: ${why}`,
      }));
  },
});

/** Where load balancers ask the sidecar, only it knows whether they do. */
export const agentAsked = defineRule({
  name: 'agent-asked',
  severity: 'error',
  looksAt:
    'Each HAProxy asks the sidecar about every member of a pool with `agent`, and as often as `agent_inter` says.',
  remedy:
    'Give the server line in haproxy.cfg agent-check with agent-addr, agent-port and agent-send, and the pool an agent_inter as long as the longest agent-inter; see docs/drivers.md, haproxy.',
  needs: ['sidecar', 'pools'],
  check: ({ sidecar, pools }) =>
    pools
      .filter(({ onlyInSidecar }) => onlyInSidecar)
      .flatMap(({ pool, address }): Problem[] => {
        const isHere = (other: { readonly pool: string; readonly address: string }) =>
          other.pool === pool && other.address === address;
        const missing = sidecar.missing.filter(isHere).map(({ label }) => label);
        const never = missing.length === 0 ? [] : [`No HAProxy has ever asked about ${sayNames(missing)}.`];
        const target = `pool ${pool} at ${address}`;
        const silent = [...sidecar.blindFor.filter(isHere).map(({ why }) => why), ...never].map((why) => ({
          target,
          message: `${why} Nothing of that can be depooled there.`,
        }));
        const troubled = sidecar.inTrouble.filter(isHere);
        const whys = [...new Set(troubled.map(({ why }) => why))];
        const namesOf = (of: string) => sayNames(troubled.filter(({ why }) => why === of).map(({ label }) => label));
        return [...silent, ...whys.map((why) => ({ target, message: `${namesOf(why)}: ${why}.` }))];
      }),
});

/** Whoever may connect to the socket may stop everything. */
export const sidecarSocket = defineRule({
  name: 'sidecar-socket',
  severity: 'error',
  looksAt: "The sidecar's socket is not open to everybody.",
  remedy: `Set sidecar.socket_mode to "0700" or "0770", then: ${restart}`,
  needs: ['sidecarSocket'],
  check: ({ sidecarSocket: socket }) =>
    othersMayWrite(socket)
      ? [
          {
            target: socket.path,
            message: `Everybody on this machine may stop everything that supervisord runs (mode ${octal(socket)}).`,
          },
        ]
      : [],
});
