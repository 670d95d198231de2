import { describe, expect, test } from 'vitest';
import {
  type AgentCheck,
  type AgentState,
  beforeOf,
  isLeftAsItIs,
  markedReason,
  readChecks,
  readDatacenter,
  readServices,
  standingOf,
  wasInMaintenance,
} from '../../../../src/pools/consul/agent-state.ts';

const web = { service: 'web_00' };
const check = (status: string, serviceId = 'web_00', notes = ''): AgentCheck => ({
  name: 'a check',
  status,
  notes,
  serviceId,
});
const ours = markedReason('drained (restart)');

function agent(checks: Readonly<Record<string, AgentCheck>>): AgentState {
  return { serviceIds: new Set(['web_00', 'web_01']), checks: new Map(Object.entries(checks)) };
}
const maintained = (notes: string) => agent({ '_service_maintenance:web_00': check('critical', 'web_00', notes) });
const nodeMaintained = (notes: string) => agent({ _node_maintenance: check('critical', '', notes) });

describe('where a service stands', () => {
  test.each([
    ['no checks', agent({}), 'in', 'passing'],
    ['a passing check', agent({ c: check('passing') }), 'in', 'passing'],
    ['a warning', agent({ c: check('warning') }), 'in', 'warning'],
    ['a critical check', agent({ c: check('critical') }), 'down', 'critical: a check'],
    ['a critical check of the node', agent({ c: check('critical', '') }), 'down', 'critical: a check'],
    ['a critical check of another service', agent({ c: check('critical', 'web_01') }), 'in', 'passing'],
    ['maintenance', maintained('disk'), 'out', 'maintenance: disk'],
    ['maintenance of the node', nodeMaintained('kernel'), 'out', 'node maintenance: kernel'],
  ] as const)('with %s', (_, state, placement, text) => {
    expect(standingOf(state, web)).toEqual({ placement, text });
  });

  test('that the agent does not have is "missing"', () => {
    expect(standingOf(agent({}), { service: 'nobody' }).placement).toBe('missing');
  });
});

describe('a maintenance', () => {
  test.each([
    ['of an operator', maintained('disk'), true],
    ['of ours', maintained(ours), true],
    ['of the node by an operator', nodeMaintained('kernel'), true],
    ['of the node by us, which may end before', nodeMaintained(ours), false],
    ['that is not there', agent({}), false],
  ])('%s leaves nothing to do: %s', (_, state, expected) => {
    expect(isLeftAsItIs(state, web)).toBe(expected);
  });

  test.each([
    ["an operator's is kept", maintained('disk'), true],
    ['ours is not', maintained(ours), false],
    ["the node's is not the service's", nodeMaintained('kernel'), false],
  ])('%s over being taken out', (_, state, expected) => {
    expect(wasInMaintenance(beforeOf(state, web))).toBe(expected);
  });

  test.each([null, 7, 'x', {}, { maintenance: 'yes' }])('is not read into %j', (before) => {
    expect(wasInMaintenance(before)).toBe(false);
  });
});

describe('answers of an agent', () => {
  test('are read', () => {
    const checks = readChecks({ c: { Name: 'n', Status: 'passing', Notes: '', ServiceID: 's', Output: 'x' } });
    expect([...(checks ?? [])]).toEqual([['c', { name: 'n', status: 'passing', notes: '', serviceId: 's' }]]);
    expect(readServices({ web_00: {} })).toEqual(new Set(['web_00']));
    expect(readDatacenter({ Config: { Datacenter: 'dc1' } })).toBe('dc1');
  });

  test.each([undefined, null, [], 'text', { c: 1 }, { c: {} }, { c: { Status: 1 } }])('are not taken of %j', (json) => {
    expect(readChecks(json)).toBeUndefined();
  });
});
