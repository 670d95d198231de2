import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = new URL('../../../../src/', import.meta.url).pathname;

test('only what is loaded where sidecar.http is set imports prom-client or what serves it', () => {
  const others = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.startsWith('sidecar/http/'),
  );
  const loading = others.filter((path) => {
    const http = path.startsWith('sidecar/') ? '[./]+http/' : '[./]+sidecar/http/';
    return new RegExp(`^(?:import|export) (?!type )[^;]*from '(?:prom-client|${http})`, 'm').test(
      readFileSync(join(src, path), 'utf8'),
    );
  });

  expect(others.length).toBeGreaterThan(100);
  expect(loading).toEqual([]);
});
