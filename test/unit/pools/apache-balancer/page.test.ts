import { describe, expect, test } from 'vitest';
import { findWorker, parseManagerPage } from '../../../../src/pools/apache-balancer/page.ts';

const row = (link: string, busy = '0') =>
  `<tr>\n<td>${link}</td><td></td><td></td><td>1.00</td><td>0</td><td>Init Ok </td><td>12</td><td>${busy}</td><td>0</td></tr>\n`;
const headings = ['Worker URL', 'Route', 'RouteRedir', 'Factor', 'Set', 'Status', 'Elected', 'Busy', 'Load'];
const table = (rows: string) =>
  `<table><tr>${headings.map((text) => `<th>${text}</th>`).join('')}</tr>\n${rows}</table>\n`;
const page = (rest: string) =>
  `<html><head><title>Balancer Manager</title></head>\n<body><h1>Load Balancer Manager for proxy.test</h1>\n${rest}</body></html>\n`;
const balancer = (rows: string) =>
  `<h3>LoadBalancer Status for <a href="/m?b=app&amp;nonce=1-2">balancer://App</a> [p1_app]</h3>\n<table><tr><th>MaxMembers</th></tr></table>\n${table(rows)}`;
const link = (url: string) => `<a href="/m?b=app&amp;w=${url}&amp;nonce=1-2">${url}</a>`;

describe("the manager's page", () => {
  test('is read by the titles of its columns', () => {
    expect(parseManagerPage(page(balancer(row(link('http://a:1'), '3'))))).toEqual({
      serverName: 'proxy.test',
      persists: false,
      balancers: new Map([
        ['app', { nonce: '1-2', workers: [{ name: 'http://a:1', key: 'http://a:1', status: 'Init Ok', busy: 3 }] }],
      ]),
    });
  });

  test('of an Apache without a balancer names none', () => {
    expect(parseManagerPage(page(''))?.balancers.size).toBe(0);
  });

  test('with a count below 0 has no count', () => {
    const read = parseManagerPage(page(balancer(row(link('http://a'), '18446744073709551615'))));
    expect(read?.balancers.get('app')?.workers[0]).toMatchObject({ busy: undefined });
  });

  test.each([
    ['cut short', page(balancer(row(link('http://a')))).replace('</html>', '')],
    ['a worker without its link', page(balancer(row('http://a')))],
    ['a row that is too short', page(balancer('<tr><td>x</td></tr>'))],
    ['a table without the count', page(balancer('').replace('<th>Busy</th>', ''))],
    ['a balancer without its link', page('<h3>LoadBalancer Status for app</h3>')],
    ['another page', '<html><body>welcome</body></html>'],
  ])('is not read where it is %s', (_, html) => {
    expect(parseManagerPage(html)).toBeUndefined();
  });
});

describe('a worker', () => {
  const worker = (name: string) => ({ name, key: name, status: 'Init Ok', busy: 0 });

  test.each([
    ['http://a:80/', 'http://a'],
    ['HTTP://A', 'http://a/'],
    ['https://a:443/x', 'https://a/x'],
    ['ajp://a:8009', 'ajp://a'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('written %s is %s', (written, name) => {
    expect(findWorker({ nonce: '', workers: [worker('http://other'), worker(name)] }, written)?.name).toBe(name);
  });

  test.each([['http://a:81'], ['https://a'], ['http://a/X']])('written %s is not http://a', (written) => {
    expect(findWorker({ nonce: '', workers: [worker('http://a')] }, written)).toBeUndefined();
  });
});
