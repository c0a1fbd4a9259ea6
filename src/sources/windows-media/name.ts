/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'windows-media',
  schemes: ['wms', 'wms-multicast'],
  claims: /(?:^|\/)WMS_[^/]*\.log(?:\.gz)?$/i,
};
