/**
 * Every English text of the dashboard, in one place: a second language is a second object of this shape. Texts take
 * numbers and times already formatted (format.ts), and counts beside them where the grammar needs them.
 */

const plurals = new Intl.PluralRules('en');

/** `1 listener`, `2 listeners`. */
function some(count: number, shown: string, one: string, other: string): string {
  return `${shown} ${plurals.select(count) === 'one' ? one : other}`;
}

export const texts = {
  title: 'Headcount',
  titleWith: (count: string) => `${count} listening · Headcount`,
  skip: 'Skip to the numbers',
  loading: 'Loading …',
  unknown: 'Unknown',
  tryNow: 'Try now',
  connection: {
    connecting: 'Connecting',
    live: 'Live',
    lost: 'Disconnected',
    paused: 'Paused',
  },
  views: { legend: 'Pages', audience: 'Audience', turn: 'TURN' },
  turn: {
    heading: 'Allocations now',
    users: (count: number, shown: string) => `of ${some(count, shown, 'user', 'users')}`,
    up: 'From clients',
    down: 'To clients',
    relayed: 'Relayed by them',
    perSecond: (bits: string) => `${bits}/s`,
    rates: 'Bandwidth',
    ratesSince: (time: string) => `since ${time}`,
    ratesEmpty: 'Bandwidth shows from the second answer on.',
    chart: (up: string, down: string, most: string) =>
      `Bandwidth: now ${up} from clients and ${down} to clients; at most ${most}.`,
    topUsers: 'Users',
    anonymous: 'Without a name',
    allocations: (count: number, shown: string) => some(count, shown, 'allocation', 'allocations'),
    table: 'Allocations',
    columns: {
      user: 'User',
      client: 'Client',
      realm: 'Realm',
      peers: 'Peers',
      up: 'Up',
      down: 'Down',
      rate: 'Now',
      since: 'For',
    },
    shown: (shown: string, all: string) => `The ${shown} with the highest bandwidth, of ${all}.`,
    partial: (most: string) => `Only the ${most} allocations that have relayed most are counted here.`,
    nobody: 'Nobody has an allocation at the moment.',
    failed: 'Allocations cannot be asked for:',
    none: 'No source watches a TURN server.',
  },
  theme: { legend: 'Appearance', light: 'Light', system: 'As the system', dark: 'Dark' },
  banner: {
    demo: 'Demo',
    demoText: 'All these listeners are simulated. To watch your own:',
    demoCommand: 'headcount /var/log/nginx/access.log',
    lost: (time: string) => `The connection is lost. These are the numbers of ${time}.`,
    lostAtOnce: 'Headcount does not answer.',
    retrying: 'Trying again …',
    retryIn: (seconds: number) => `Trying again in ${seconds} s.`,
    failing: (source: string) => `${source} cannot be read:`,
    failingMore: (count: string) => `${count} more sources cannot be read.`,
    seeSources: 'See the sources',
    stalled: 'Reading has stopped:',
    stalledUnknown: 'there is no room to write. Nothing is lost; it goes on when there is room.',
    refused: 'Headcount refused to answer:',
  },
  now: {
    heading: 'Now listening',
    bots: (count: number, shown: string) => `and ${some(count, shown, 'bot', 'bots')}`,
    listeners: (count: number, shown: string) => `${some(count, shown, 'different listener', 'different listeners')}`,
    nobody: 'Nobody at the moment.',
    gap: (seconds: string) =>
      `The number includes listeners silent for up to ${seconds}, who may already have gone. The solid curve and the peak do not.`,
    lastMinute: 'Last minute',
    lastSeconds: (seconds: string) => `Last ${seconds}`,
    joined: 'joined',
    left: 'left',
    peakToday: 'Peak today',
    peakAt: (time: string) => `at ${time}`,
    peakNone: 'nobody yet',
    lastHour: 'Last hour',
    since: (time: string) => `Since ${time}`,
    dashed: 'dashed: live',
    chart: (period: string, least: string, most: string, now: string) =>
      `${period}: between ${least} and ${most} listeners; now ${now}.`,
    chartEmpty: 'No history of the last hour yet.',
    chartFailed: 'The history cannot be read at the moment.',
    at: (time: string, count: number, shown: string) => `${time} · ${some(count, shown, 'listener', 'listeners')}`,
    present: 'now',
  },
  noSources: {
    heading: 'Nothing is watched yet',
    text: 'Headcount runs, but has no source. Tell it what to watch and start it again: the first listeners appear here within seconds.',
    ways: [
      { what: 'HLS behind nginx: its access log', how: 'headcount /var/log/nginx/access.log' },
      { what: 'An Icecast server', how: 'headcount icecast://admin:password@localhost:8000' },
      {
        what: 'Several at once, in headcount.yaml',
        how: 'sources:\n  - /var/log/nginx/access.log\n  - icecast://admin:password@localhost:8000',
      },
      { what: 'Just looking: a demo with simulated listeners', how: 'headcount' },
    ],
    check: 'This says whether a configuration is right, before you start:',
    checkCommand: 'headcount check headcount.yaml',
  },
  streams: {
    heading: 'Streams',
    none: 'No streams yet. They appear as soon as a source tells of them.',
    status: { up: 'Up', down: 'Down', unreachable: 'Unreachable', unknown: 'Not known' },
    statusHint: {
      up: 'The server says that it is on air.',
      down: 'The server says that it is off air.',
      unreachable: 'The server does not answer.',
      unknown: 'This source cannot tell whether it is on air.',
    },
    since: (time: string) => `since ${time}`,
    nowPlaying: 'Now playing',
    reported: (count: string) => `the server counts ${count}`,
    counted: 'counted by the server',
    countedHint: 'This server tells only how many listen, not who: there are no sessions of it.',
    ofServer: 'As the server counts',
    facts: {
      reported: 'Now',
      unique: 'Different listeners',
      peak: 'Peak',
      most: 'Let in at most',
      average: 'Listen for',
    },
    played: 'Recently played',
    share: (percent: string) => `${percent} of all listeners`,
    all: (count: string) => `Show all ${count} streams`,
    fewer: 'Show fewer',
    kbps: (rate: string) => `${rate} kbit/s`,
    only: (stream: string) => `Show only the sessions on ${stream}`,
  },
  programmes: {
    heading: 'Programmes',
    listeners: 'Different listeners on all of its streams',
    streams: (up: string, count: number, shown: string) => `${up} of ${some(count, shown, 'stream', 'streams')} up`,
    sessions: (count: number, shown: string) => some(count, shown, 'session', 'sessions'),
  },
  places: {
    heading: 'Where they are',
    noWebGl: 'This browser cannot draw the map (it has no WebGL), so here are the places in words.',
    loading: 'The map is loading …',
    failed: 'The map could not be loaded, so here are the places in words.',
    none: 'Nobody to place on the map.',
    map: 'World map of the listeners. The same places are in the table below it.',
    unplaced: (count: number, shown: string) =>
      `${some(count, shown, 'listener', 'listeners')} whose place is not known`,
    table: 'Places in words',
    city: 'Place',
    country: 'Country',
    count: 'Listeners',
    vague: (country: string) => `${country}, city not known`,
    somewhere: 'Somewhere',
    listeners: (count: number, shown: string) => some(count, shown, 'listener', 'listeners'),
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    wholeWorld: 'The whole world',
    cooperative: {
      windows: 'Hold Ctrl and scroll to zoom the map',
      mac: 'Hold ⌘ and scroll to zoom the map',
      mobile: 'Use two fingers to move the map',
    },
    rest: (count: string) => `${count} places more`,
  },
  tops: {
    country: 'Countries',
    city: 'Cities',
    player: 'Players',
    quality: 'Qualities',
    none: 'Nothing to count yet.',
    only: (value: string) => `Show only the sessions of ${value}`,
  },
  sessions: {
    heading: 'Sessions',
    total: (count: number, shown: string) => some(count, shown, 'open', 'open'),
    caption: 'Open sessions. The headers sort.',
    stream: 'Stream',
    place: 'Place',
    player: 'Player',
    duration: 'Listening for',
    quality: 'Quality',
    bytes: 'Received',
    sortBy: 'Sort by',
    ascending: 'ascending',
    descending: 'descending',
    reverse: 'Reverse the order',
    fresh: (count: string) => `${count} new`,
    freshHint: 'Show them',
    held: 'Held still while you read',
    left: 'left',
    none: 'No sessions are open.',
    noneSuch: 'No open session is like that at the moment.',
    more: (count: string) => `Show ${count} more`,
    most: (shown: string, total: string) => `These are the first ${shown} of ${total}. The API gives all of them.`,
    failed: 'The sessions cannot be read at the moment:',
    chosen: 'Only these',
    letGo: 'Show all again',
    letAllGo: 'Show all',
    details: (stream: string) => `Details of this session on ${stream}`,
    provisional: 'provisional',
  },
  find: {
    label: 'Find stream, place, player …',
    offers: 'Found',
    nothing: 'No open session has that.',
  },
  facets: {
    stream: 'Stream',
    country: 'Country',
    city: 'City',
    player: 'Player',
    quality: 'Quality',
    user: 'User',
    ip: 'Address',
  },
  details: {
    address: 'Address',
    user: 'User',
    device: 'Device',
    userAgent: 'User agent',
    platform: 'Platform',
    network: 'Network',
    startedAt: 'Since',
    lastSeenAt: 'Last seen',
    requests: 'Requests',
    title: 'Title',
    source: 'Source',
    identity: 'Recognised by',
    accuracy: 'Accuracy of the place',
    within: (km: string) => `within ${km} km`,
    identities: {
      connection: 'its connection',
      declared: 'an id that the player sent',
      inferred: 'address and user agent',
    },
    qualities: 'Qualities so far',
    traffic: 'Traffic',
    upDown: (up: string, down: string) => `${up} up, ${down} down`,
  },
  comings: {
    heading: 'Joins and leaves',
    none: 'Quiet at the moment.',
    joined: 'joined',
    left: 'left',
    more: (count: string) => `and ${count} more in the last minute`,
  },
  sources: {
    heading: 'Sources',
    status: {
      starting: 'Starting',
      running: 'Watching',
      waiting: 'Waiting to try again',
      finished: 'Read to the end',
      stopped: 'Stopped',
    },
    behind: (duration: string) => `${duration} behind`,
    sessions: (count: number, shown: string) => some(count, shown, 'session', 'sessions'),
    lastError: (time: string) => `Last error at ${time}:`,
    since: (time: string) => `since ${time}`,
    restarts: (count: number, shown: string) => some(count, shown, 'restart', 'restarts'),
    output: 'What its program prints',
    outputOf: (source: string) => `What the program of ${source} prints`,
  },
  glossary: {
    heading: 'What the numbers mean',
    close: 'Close',
    ask: (name: string) => `What “${name}” means`,
    terms: {
      now: {
        name: 'Now listening',
        meaning:
          'Sessions that are open at this moment, bots left out. A session is the unbroken presence of one player on one stream: who listens to two streams has two. Whoever has been silent for less than the gap of their source still counts, and may already have gone.',
      },
      listeners: {
        name: 'Different listeners',
        meaning:
          'The people behind these sessions, as far as they can be told apart: by user name, else by device, else by network and user agent.',
      },
      bots: {
        name: 'Bots',
        meaning:
          'Sessions of programs such as crawlers and monitors, recognised by their user agent. They are in no other number on this page except those of the sources.',
      },
      curve: {
        name: 'The curve',
        meaning:
          'Sessions at once. Solid: the average of each half minute, from the history, which ends a session at its last sign of life. Dashed: the newest minutes as they were seen live, those still within their gap included. Time before Headcount first ran is left out.',
      },
      peak: {
        name: 'Peak today',
        meaning:
          'The greatest number of sessions at once since midnight by your clock, from the history. The gap is not in it, so the number now can be greater.',
      },
      flow: {
        name: 'Last minute',
        meaning:
          'Sessions that opened and that ended in the last 60 seconds. That somebody has gone is known only when the gap is over.',
      },
      streams: {
        name: 'Streams',
        meaning:
          'Beside each stream its open sessions, bots left out, and their share of all. “Up”, “down” and the title are what the server says; “not known” is a source that cannot tell. “The server counts” is the server’s own number, beside ours; where it is “counted by the server” that is all there is, and it is in no count of ours.',
      },
      programmes: {
        name: 'Programmes',
        meaning:
          'What several streams carry: mounts, bitrates, servers. The number is that of different listeners on any of them, each once however many sessions they have; bots and relays left out. What servers count is added up, and may count a listener or a relay several times.',
      },
      places: {
        name: 'Where they are',
        meaning:
          'Sessions by where the address of the listener is registered, as a database of places has it: right for most countries, roughly right for many cities. A mark is the sum of places too close to be drawn apart. A dashed circle is a place that is known only so roughly. Countries are tinted by their sessions.',
      },
      tops: {
        name: 'Countries, cities, players, qualities',
        meaning:
          'Open sessions by what they have in common, bots left out, and their share of all open sessions. The longest bar is the greatest of its list. A quality is the one that was asked for last.',
      },
      sessions: {
        name: 'Sessions',
        meaning:
          'Every open session, bots left out. “Listening for” runs from the first sign of life until now. “Received” is what the server has sent, as the source tells it; while a row says “left”, its last values stay until you let go of the table.',
      },
      comings: {
        name: 'Joins and leaves',
        meaning:
          'A sample of sessions that open and end, at most three a second, with the time at which it was known. The line below counts those of the last minute that were not shown.',
      },
      sources: {
        name: 'Sources',
        meaning:
          'What Headcount watches, and the open sessions it knows from there, bots included. “Behind” is how far the newest that it has read lies in the past.',
      },
    },
  },
  footer: {
    meanings: 'What the numbers mean',
    version: (version: string) => `Headcount ${version}`,
    docs: 'Documentation of the API',
    worldMap: 'Map: Natural Earth',
    you: ({ name, allStreams, addresses }: { name: string | null; allStreams: boolean; addresses: boolean }) =>
      [name, ...(allStreams ? [] : ['your streams only']), ...(addresses ? [] : ['addresses masked'])].join(' · '),
    upSince: (time: string) => `running since ${time}`,
  },
} as const;
