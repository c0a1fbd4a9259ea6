/** What the source shows of the messages that it has read, and that it shows none unasked. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import { Messages } from '../../core/messages.ts';
import { systemClock } from '../../lib/clock.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import { turn } from './index.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
const ALICE: write.At = { address: '192.0.2.10', port: 50_000 };

async function read(isWanted: boolean): Promise<Messages> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-messages-'));
  try {
    const file = join(folder, 'call.pcap');
    const packet = (from: write.At, to: write.At, datagram: Buffer) => ({
      time: NOON,
      bytes: write.frame(from, to, datagram),
    });
    const long: write.Attribute = [0x8030, Buffer.alloc(1200, 7)];
    const packets = [
      packet(ALICE, SERVER, write.stun('allocate', 'request', 1, write.username('alice'), long)),
      packet(SERVER, ALICE, write.stun('data', 'indication', 2, write.payload(40))),
      packet(ALICE, SERVER, Buffer.from('000100ff2112a442000102030405060708090a0b', 'hex')),
      packet(ALICE, SERVER, write.channelData(0x4000, 8)),
    ];
    writeFileSync(file, write.pcapFile(packets));
    const messages = new Messages();
    if (isWanted) messages.want();
    const common = { name: 'relay', audience: null, gap: 0, lateness: 0 };
    await turn.create(turn.config.parse({ file }) as never, common).run({
      ...{ emit: async () => {}, signal: new AbortController().signal, cursor: null, log: silentLog },
      ...{ counters: new ScopedCounters(), clock: systemClock, messages: messages.of('relay'), inboxes: new Inboxes() },
    });
    return messages;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('messages are shown as they were read, without payload, broken ones, and channel data that nobody bound', async () => {
  const [request, data, ...others] = (await read(true)).list();
  assert.deepEqual(others, []);
  const { attributes, ...head } = request!;
  assert.deepEqual(head, {
    ...{ source: 'relay', at: NOON, address: ALICE.address, port: ALICE.port, type: 'stun' },
    header: { class: 'request', method: 'allocate', transactionId: write.transactionId(1).toString('hex') },
  });
  assert.deepEqual(attributes[0], { type: 6, length: 5, value: Buffer.from('alice').toString('hex') });
  assert.deepEqual([attributes[1]!.length, attributes[1]!.value.length], [1200, 2048], 'a long value is cut');
  assert.deepEqual(data!.attributes, [{ type: 0x13, length: 40, value: '' }]);
});

test('nobody who asks, nothing that is kept', async () => {
  const messages = await read(false);
  assert.deepEqual([messages.list(), messages.total], [[], 0]);
});
