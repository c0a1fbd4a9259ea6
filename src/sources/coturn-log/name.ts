/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'coturn-log',
  schemes: ['coturn-log'],
  claims: /(?:^|\/)turn(?:server)?(?:_[\w-]+)*\.log(?:\.[\d-]+)?(?:\.gz)?$/,
};
