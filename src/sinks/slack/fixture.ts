/** For the contract test of all sinks: a Slack on loopback. */

import { SLACK_TOKEN, startSlack } from '../../../lab/slack.ts';
import type { SinkFixture } from '../fixture.ts';

const WEBHOOK = 'https://hooks.slack.com/services/T0/B0/key';

export const fixture: SinkFixture = {
  named: [
    { options: { webhook: WEBHOOK }, name: 'slack:hooks.slack.com:443' },
    { options: { token: 'xoxb-1', channel: '#radio', username: 'wintermute' }, name: 'slack:#radio' },
  ],
  refused: [
    {},
    { webhook: 'nowhere' },
    { webhook: WEBHOOK, token: 'xoxb-1', channel: '#radio' },
    { webhook: WEBHOOK, channel: '#radio' },
    { webhook: WEBHOOK, username: 'x' },
    { token: 'xoxb-1' },
    { token: 'two words', channel: '#radio' },
    { token: 'xoxb-1', channel: 'two words' },
    { webhook: WEBHOOK, timeout: '0' },
    { webhook: WEBHOOK, templates: { 'session.opened': 'Who is {nobody}?' } },
    { webhook: WEBHOOK, templates: { 'session.opened': '{city' } },
    { webhook: WEBHOOK, templates: { 'session.moved': 'x' } },
    { webhook: WEBHOOK, colour: 'red' },
  ],
  start: async () => {
    const slack = await startSlack();
    return {
      options: { token: SLACK_TOKEN, channel: '#radio', url: slack.api },
      ids: () => slack.posted.map(({ id }) => id),
      fail: () => {
        slack.whim = () => ({ status: 500 });
      },
      recover: () => {
        slack.whim = () => 'take';
      },
      stop: () => slack.stop(),
    };
  },
};
