/** Slack as an operator has it: the whole process, a real log of hostile listeners, a Slack that loses answers, `kill -9`. */

import { strict as assert } from 'node:assert';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { SLACK_TOKEN, type SlackServer, startSlack } from '../../lab/slack.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { type Installation, install } from './process.ts';

const cleaning: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

/** As they may stand in a log, between quotes. */
const AGENTS = [
  '; touch x',
  '$(touch x) `touch x`',
  'VLC <script>alert(1)</script>',
  '<!channel> <@U0|you>',
  "=cmd|' /C calc'!A0",
  '{ip} & *bold* @here',
];

interface Begun {
  readonly slack: SlackServer;
  readonly installation: Installation;
  readonly request: (listener: number, agent: string) => void;
}

async function begun(): Promise<Begun> {
  const slack = await startSlack();
  cleaning.push(() => slack.stop());
  const installation = await install({});
  cleaning.push(() => installation.remove());
  const log = join(installation.folder, 'access.log');
  writeFileSync(log, '');
  installation.configure({
    sources: [{ url: `log:${log}?gap=1h&lateness=0s`, name: 'log' }],
    geo: { enabled: false },
    sinks: [
      {
        ...{ kind: 'slack', token: SLACK_TOKEN, channel: '#radio', url: slack.api, timeout: '2s' },
        events: ['session.opened', 'listener.new', 'audience.above'],
        thresholds: [{ above: AGENTS.length - 1, readings: 1 }],
        templates: { 'session.opened': 'Open {ip}#{stream} {userAgent}', 'listener.new': 'New {ip} {userAgent}' },
      },
    ],
  });
  const request = (listener: number, agent: string) =>
    appendFileSync(
      log,
      `192.0.2.${listener} - - [${logTime(Date.now())}] "GET /hls/rock/${listener}.ts HTTP/1.1" 200 100 "-" "${agent}"\n`,
    );
  return { slack, installation, request };
}

test('who comes, who is new and how many they are: each told, as text, and nothing anew after a kill', async () => {
  const { slack, installation, request } = await begun();
  let child = await installation.start();
  let isKilled = false;
  slack.whim = () => {
    if (isKilled || slack.posted.length < 4) return 'take';
    isKilled = true;
    process.kill(child.pid, 'SIGKILL');
    return 'lose';
  };
  const beginning = (word: string) =>
    new Map(
      slack.posted.filter(({ message }) => message.text.startsWith(word)).map(({ id, message }) => [id, message.text]),
    );
  for (const [i, agent] of AGENTS.entries()) request(i, agent);
  await child.ended;
  child = await installation.start();
  await until(
    'all are told',
    () => beginning('Open').size === AGENTS.length && beginning('New').size === AGENTS.length,
    30_000,
  );
  await until('they are many', () => beginning('rock has').size === 1, 40_000);

  const shown = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const opened = [...beginning('Open').values()];
  assert.deepEqual(
    opened.map(shown),
    AGENTS.map((agent, i) => `Open 192.0.2.${i}#rock ${agent}`),
  );
  for (const { message } of slack.posted) assert.doesNotMatch(message.text, /[<>]/);
  assert.equal(existsSync(join(installation.folder, 'x')), false);
  const again = slack.posted.map(({ id }) => id).filter((id, i, all) => all.indexOf(id) !== i);
  assert.deepEqual(
    again,
    [slack.posted.find(({ isAnswered }) => !isAnswered)!.id],
    'only what it took and could not answer',
  );

  // Killed again: who has been here is not new, and an audience that is still above is no news.
  process.kill(child.pid, 'SIGKILL');
  await child.ended;
  // What was told a moment before the kill may be told once more, by the same id.
  const told = new Set(slack.posted.map(({ id }) => id));
  const news = () => slack.posted.filter(({ id }) => !told.has(id)).map(({ message }) => message.text);
  child = await installation.start();
  request(AGENTS.length, 'one more');
  await until('the newcomer is told', () => news().length >= 2, 30_000);
  await child.stop('SIGTERM');
  assert.deepEqual(news(), [`Open 192.0.2.${AGENTS.length}#rock one more`, `New 192.0.2.${AGENTS.length} one more`]);
});
