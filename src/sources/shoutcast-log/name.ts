/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'shoutcast-log',
  schemes: ['shoutcast-log'],
  claims: /(?:^|\/)sc_(?:w3c|serv)[^/]*\.log(?:\.gz)?$/,
};
