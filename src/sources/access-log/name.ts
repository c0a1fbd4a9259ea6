/** How this kind of source is told by a name or a URL alone. */

export const NAME = {
  kind: 'access-log',
  schemes: ['log', 'syslog'],
  // Whatever lies in a folder or is called a log, unless it is a capture.
  claims: /^(?!.*\.pcap(?:ng)?$)(?:-|.*\/.*|.*\.log(?:[.-]\d+)?(?:\.gz)?)$/,
};
