import type { PythonCall, PythonValue } from './python-client.ts';

/** supervisord 4.2.5's methods, with good parameters for those that change nothing or only what no other call sees. */
export const methods: Readonly<Record<string, readonly (readonly PythonValue[])[]>> = {
  'supervisor.addProcessGroup': [['web'], ['nobody'], [''], ['web:web_00']],
  'supervisor.clearAllProcessLogs': [[]],
  'supervisor.clearProcessLog': [['talker'], ['web:web_00'], ['nobody'], ['web:*']],
  'supervisor.clearProcessLogs': [['talker'], ['web:web_00'], ['nobody'], ['web:*']],
  'supervisor.getAPIVersion': [[]],
  'supervisor.getAllConfigInfo': [[]],
  'supervisor.getAllProcessInfo': [[]],
  'supervisor.getIdentification': [[]],
  'supervisor.getPID': [[]],
  'supervisor.getProcessInfo': [['talker'], ['web:web_00'], ['manual'], ['web:*'], ['web'], ['nobody'], ['']],
  'supervisor.getState': [[]],
  'supervisor.getSupervisorVersion': [[]],
  'supervisor.getVersion': [[]],
  // One byte: the rest of the log is different in two supervisords.
  'supervisor.readLog': [
    [10, 1],
    [-1, 0],
    [0, -1],
    [-5, 5],
    [2 ** 31 - 1, 0],
  ],
  'supervisor.readMainLog': [
    [10, 1],
    [-1, 0],
    [0, -1],
  ],
  'supervisor.readProcessLog': [
    ['talker', 0, 0],
    ['nobody', 0, 0],
  ],
  'supervisor.readProcessStderrLog': [
    ['talker', 0, 0],
    ['talker', -5, 0],
    ['web:web_00', 0, 0],
    ['nobody', 0, 0],
  ],
  'supervisor.readProcessStdoutLog': [
    ['talker', 0, 0],
    ['talker', 3, 4],
    ['talker', -5, 0],
    ['talker', 0, -1],
    ['web:*', 0, 0],
  ],
  'supervisor.reloadConfig': [[]],
  'supervisor.removeProcessGroup': [['web'], ['nobody'], ['']],
  'supervisor.restart': [],
  'supervisor.sendProcessStdin': [
    ['talker', ''],
    ['manual', 'x'],
    ['nobody', 'x'],
    ['web:*', 'x'],
  ],
  'supervisor.sendRemoteCommEvent': [
    ['kind', 'data'],
    ['kind', 'a\nb é'],
    ['', ''],
  ],
  'supervisor.shutdown': [],
  'supervisor.signalAllProcesses': [['CONT'], ['18'], ['SIGCONT'], ['NOSUCH'], ['']],
  'supervisor.signalProcess': [
    ['talker', 'CONT'],
    ['talker', 'NOSUCH'],
    ['manual', 'CONT'],
    ['nobody', 'CONT'],
    ['web:*', 'CONT'],
  ],
  'supervisor.signalProcessGroup': [
    ['web', 'CONT'],
    ['web', 'NOSUCH'],
    ['nobody', 'CONT'],
    ['manual', 'CONT'],
  ],
  'supervisor.startAllProcesses': [],
  'supervisor.startProcess': [
    ['talker'],
    ['talker', false],
    ['web:*'],
    ['missing'],
    ['plain'],
    ['nobody'],
    ['broken'],
    ['broken', false],
  ],
  'supervisor.startProcessGroup': [['web'], ['nobody'], [''], ['web:web_00'], ['missing'], ['broken']],
  'supervisor.stopAllProcesses': [],
  'supervisor.stopProcess': [
    ['manual'],
    ['manual', false],
    ['nobody'],
    ['nobody', false],
    ['web:nobody'],
    ['nobody:*'],
    [''],
  ],
  'supervisor.stopProcessGroup': [['manual'], ['nobody'], [''], ['web:web_00'], ['missing', false]],
  'supervisor.tailProcessLog': [['talker', 0, 10]],
  'supervisor.tailProcessStderrLog': [
    ['talker', 0, 10],
    ['talker', 0, 1000],
    ['web:web_00', 0, 10],
    ['nobody', 0, 10],
  ],
  'supervisor.tailProcessStdoutLog': [
    ['talker', 0, 10],
    ['talker', 0, 1000],
    ['talker', 5, 3],
    ['talker', -3, 3],
    ['web:*', 0, 9],
  ],
  'system.listMethods': [],
  'system.methodHelp': [['supervisor.getState'], ['nobody.nothing'], ['']],
  'system.methodSignature': [['supervisor.getState'], ['nobody.nothing'], ['']],
  'system.multicall': [[[]], [[{}]], [[{ methodName: 'supervisor.getAPIVersion' }]]],
  // Last of all: a log that was just cleared may be empty, and may not be.
  'supervisor.clearLog': [[]],
};

/** Parameters that fit no method, or only by chance. Each method is given all of them. */
const strange: readonly (readonly PythonValue[])[] = [
  Array.from({ length: 9 }, () => 'one too many'),
  [1, 2, 3, 4],
  [[], {}],
  [{ name: 'talker' }],
  [true],
  [1.5, ''],
  [{ binary: 'talker' }],
  [{ date: '20240102T03:04:05' }],
];

/** These do what they are for whatever they are given, or with nothing at all. */
const actsOnNothing = ['shutdown', 'restart', 'stopAllProcesses', 'startAllProcesses'].map(
  (name) => `supervisor.${name}`,
);
/** `wait` may be anything at all. */
const actsOnOne = ['supervisor.stopAllProcesses', 'supervisor.startAllProcesses'];

/** Every method with good parameters. */
export const goodCalls = Object.entries(methods).flatMap(([method, given]): PythonCall[] =>
  // What is still starting is another thing to the next call, and how long it does so is chance.
  given.flatMap((params) => (method.includes('.start') ? [{ method, params }, { settle: '' }] : [{ method, params }])),
);

/** Every method with none and with strange parameters, except where that would do what it is for. */
export const strangeCalls = Object.keys(methods).flatMap((method) => {
  const given = strange.filter((params) => params.length !== 1 || !actsOnOne.includes(method));
  return (method === 'system.listMethods' || actsOnNothing.includes(method) ? given : [[], ...given]).map((params) => ({
    method,
    params,
  }));
});

/** Methods that do not exist, or that nobody may call. */
export const unknownMethods = [
  ...[
    'supervisor.nothing',
    'nobody.getState',
    'getState',
    '',
    'a.b.c',
    'supervisor._update',
    'supervisor.',
    '.getState',
  ],
  ...['supervisor.__init__', 'system._listMethods', 'supervisor.supervisord.options', '__proto__.constructor', 'é.é'],
].map((method) => ({ method, params: [] }));

/** Help and signature of every method. */
export const introspection = Object.keys(methods).flatMap((name) =>
  ['system.methodHelp', 'system.methodSignature'].map((method) => ({ method, params: [name] })),
);

/** Several calls in one: mixed, failing, nested, and spoilt. */
export const multicalls: readonly PythonCall[] = [
  { multicall: [] },
  {
    multicall: [
      ['supervisor.getAPIVersion', []],
      ['supervisor.getIdentification', []],
      ['supervisor.getState', []],
    ],
  },
  {
    multicall: [
      ['supervisor.getState', []],
      ['supervisor.nothing', []],
      ['supervisor.getProcessInfo', ['nobody']],
    ],
  },
  {
    multicall: [
      ['supervisor.stopProcess', ['nobody']],
      ['supervisor.stopProcess', ['manual']],
      ['supervisor.getAPIVersion', []],
    ],
  },
  {
    multicall: [
      ['supervisor.stopProcess', ['talker']],
      ['supervisor.getProcessInfo', ['talker']],
      ['supervisor.startProcess', ['talker']],
    ],
  },
  {
    multicall: [
      ['supervisor.stopProcessGroup', ['pair']],
      ['supervisor.startProcessGroup', ['pair']],
      ['supervisor.stopProcess', ['web:nobody']],
    ],
  },
  {
    multicall: [
      ['system.multicall', [[]]],
      ['system.methodHelp', ['supervisor.getState']],
      ['system.methodHelp', ['x']],
    ],
  },
  {
    multicall: [
      ['supervisor.getState', ['surplus']],
      ['supervisor.startProcess', []],
      ['supervisor.startProcess', ['manual']],
      ['supervisor.stopProcess', ['manual']],
    ],
  },
  { method: 'system.multicall', params: [[{ params: [] }]] },
  {
    method: 'system.multicall',
    params: [[{ methodName: 'supervisor.getProcessInfo', params: ['nobody'] }, { methodName: 'system.multicall' }]],
  },
  { method: 'system.multicall', params: [[{ methodName: 'supervisor.getState', params: 'no array' }]] },
  { method: 'system.multicall', params: [[{ methodName: 'supervisor.getProcessInfo', params: { a: 1 } }]] },
  { method: 'system.multicall', params: [[{ methodName: 5 }]] },
  { method: 'system.multicall', params: [['supervisor.getState']] },
  { method: 'system.multicall', params: [[{ methodName: 'supervisor.shutdown', params: ['surplus'] }]] },
];

/** Stops and starts; what each leaves is what the next one finds. */
export const changes: readonly PythonCall[] = [
  ...stopAndStart(
    ['talker'],
    ['talker', true],
    ['talker', false],
    ['web:web_00'],
    ['web:*'],
    ['web:*', false],
    ['slow', 1],
  ),
  { method: 'supervisor.stopProcessGroup', params: ['web'] },
  { method: 'supervisor.stopProcessGroup', params: ['web'] },
  { method: 'supervisor.startProcessGroup', params: ['web', false] },
  { settle: '' },
  { method: 'supervisor.stopProcessGroup', params: ['pair', false] },
  { settle: 'pair' },
  { method: 'supervisor.startProcessGroup', params: ['pair'] },
  { method: 'supervisor.stopProcess', params: ['manual'] },
  { method: 'supervisor.removeProcessGroup', params: ['manual'] },
  { method: 'supervisor.stopProcess', params: ['manual'] },
  { method: 'supervisor.reloadConfig', params: [] },
  { method: 'supervisor.addProcessGroup', params: ['manual'] },
  { method: 'supervisor.getAllProcessInfo', params: [] },
];

function stopAndStart(...params: (readonly PythonValue[])[]): PythonCall[] {
  return params.flatMap((given) => [
    { method: 'supervisor.stopProcess', params: given },
    // Without "wait" it may still be stopping, or draining.
    { settle: String(given[0]).replace(/:.*/, '') },
    { method: 'supervisor.startProcess', params: given.slice(0, 1) },
  ]);
}
