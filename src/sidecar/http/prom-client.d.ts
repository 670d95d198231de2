/** Files of the npm package `prom-client` 15 that its own types leave out: each registers some metrics of the process itself. */

declare module 'prom-client/lib/metrics/processCpuTotal.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}

declare module 'prom-client/lib/metrics/processStartTime.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}

declare module 'prom-client/lib/metrics/osMemoryHeap.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}

declare module 'prom-client/lib/metrics/processOpenFileDescriptors.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}

declare module 'prom-client/lib/metrics/processMaxFileDescriptors.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}

declare module 'prom-client/lib/metrics/heapSizeAndUsed.js' {
  const register: (registry: import('prom-client').Registry) => void;
  export = register;
}
