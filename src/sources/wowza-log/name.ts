/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'wowza-log',
  schemes: ['wowza-log'],
  claims: /(?:^|\/)wowza[^/]*_access\.log(?:\.[\d-]+)?(?:\.gz)?$/,
};
