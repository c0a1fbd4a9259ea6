/** The units of systemd/: what they promise, and that systemd takes them where it is installed. */

import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'systemd');
const DROP_INS = readdirSync(join(FOLDER, 'headcount.service.d'));

/** `Section.Key` → its values, in order. */
function read(file: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  let section = '';
  for (const line of readFileSync(join(FOLDER, file), 'utf8').split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) values.set(`${section}.${key}`, [...(values.get(`${section}.${key}`) ?? []), value!]);
  }
  return values;
}

const unit = read('headcount.service');

test('77: it is always started again, a second later and however often, after the network', () => {
  assert.deepEqual(unit.get('Service.Restart'), ['always']);
  assert.deepEqual(unit.get('Service.RestartSec'), ['1']);
  assert.deepEqual(unit.get('Unit.StartLimitIntervalSec'), ['0']);
  assert.deepEqual(unit.get('Unit.After'), ['network.target']);
  assert.deepEqual(unit.get('Install.WantedBy'), ['multi-user.target']);
});

test('it is nobody’s but its own user, with no rights but to its data', () => {
  assert.deepEqual(unit.get('Service.User'), ['headcount']);
  assert.deepEqual(unit.get('Service.NoNewPrivileges'), ['yes']);
  assert.deepEqual(unit.get('Service.CapabilityBoundingSet'), ['']);
  assert.deepEqual(unit.get('Service.ProtectSystem'), ['strict']);
  assert.deepEqual(unit.get('Service.StateDirectory'), ['headcount']);
  assert.equal(unit.get('Service.MemoryDenyWriteExecute'), undefined, 'Node compiles at run time');
});

test('only captures get a capability', () => {
  for (const name of DROP_INS) {
    const capabilities = read(`headcount.service.d/${name}`).get('Service.AmbientCapabilities');
    assert.deepEqual(capabilities, name === 'capture.conf' ? ['CAP_NET_RAW'] : undefined, name);
  }
});

test('the page names every file', () => {
  const page = readFileSync(join(ROOT, 'docs/systemd.md'), 'utf8');
  for (const name of ['headcount.service', 'headcount.sysusers.conf', ...DROP_INS])
    assert.ok(page.includes(name), name);
});

const analyze = spawnSync('systemd-analyze', ['--version']);
const skip = analyze.status === 0 ? false : 'there is no systemd-analyze';

for (const dropIns of [[], ...DROP_INS.map((name) => [name]), DROP_INS]) {
  test(`systemd takes the unit with ${dropIns.join(', ') || 'no drop-in'}`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'headcount-units-'));
    try {
      cpSync(join(FOLDER, 'headcount.service'), join(folder, 'headcount.service'));
      for (const name of dropIns) {
        cpSync(join(FOLDER, 'headcount.service.d', name), join(folder, 'headcount.service.d', name));
      }
      const { status, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', join(folder, 'headcount.service')],
        {
          encoding: 'utf8',
        },
      );
      assert.equal(status, 0, stderr);
      assert.ok(!stderr.includes('headcount.service'), stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
