/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'turn',
  schemes: ['turn'],
  claims: /\.pcap(?:ng)?$/,
};
