import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternOption } from './pattern-option.ts';
import { compilePattern, type PatternOption, type Role } from './patterns.ts';
import { classify, isNumbered } from './rules.ts';

const NONE = new Set<string>();

/** Path → stream, quality, role. */
const TABLE: readonly [string, string, string | null, Role][] = [
  // One folder a stream, as system 000 has it: what stands under the stream is the quality.
  ['/stream1/aac_hifi.m3u8', 'stream1', 'aac_hifi', 'playlist'],
  ['/stream1/x/y/a.m3u8', 'stream1', 'x/y/a', 'playlist'],
  ['/stream1/segment-17.ts', 'stream1', null, 'segment'],
  ['/stream1/x/y/17.ts', 'stream1', null, 'segment'],
  ['/hls/stream1/720p.m3u8', 'stream1', '720p', 'playlist'],
  ['/hls/stream1/720p/17.ts', 'stream1', null, 'segment'],
  // Names that say nothing of a quality.
  ['/hls/stream1/master.m3u8', 'stream1', null, 'playlist'],
  ['/stream1/720p/Index.m3u8', 'stream1', '720p', 'playlist'],
  ['/index.m3u8', 'index', null, 'playlist'],
  // Everything in one folder, as nginx-rtmp and ffmpeg do.
  ['/hls/cam.m3u8', 'cam', null, 'playlist'],
  ['/hls/cam-17.ts', 'cam', null, 'segment'],
  ['/hls/cam17.ts', 'cam', null, 'segment'],
  ['/hls/cam_017.ts', 'cam', null, 'segment'],
  ['/cam.m3u8', 'cam', null, 'playlist'],
  ['/cam1-5.ts', 'cam1', null, 'segment'],
  ['/two-words-5.ts', 'two-words', null, 'segment'],
  ['/hls.m3u8', 'hls', null, 'playlist'],
  // The same address, written differently.
  ['//hls///stream1/./x/../720p.M3U8', 'stream1', '720p', 'playlist'],
  ['/%68ls/caf%C3%A9/720p.m3u8', 'café', '720p', 'playlist'],
  ['/stream1/720p.m3u8;jsessionid=1', 'stream1', '720p', 'playlist'],
  ['http://example.org/hls/stream1/720p.m3u8', 'stream1', '720p', 'playlist'],
  ['/100%/720p.m3u8', '100%', '720p', 'playlist'],
  ['/../../hls/stream1/720p.m3u8', 'stream1', '720p', 'playlist'],
  // Variants in one folder, as nginx-rtmp's hls_variant and hand-written ffmpeg commands call them.
  ['/hls/cam_720p.m3u8', 'cam', '720p', 'playlist'],
  ['/hls/cam_720p-17.ts', 'cam', null, 'segment'],
  ['/hls/cam_hd720.m3u8', 'cam', 'hd720', 'playlist'],
  ['/hls/cam_low-3.ts', 'cam', null, 'segment'],
  ['/cam-1080p60.m3u8', 'cam', '1080p60', 'playlist'],
  ['/cam1_720p.m3u8', 'cam1', '720p', 'playlist'],
  ['/my_radio.m3u8', 'my_radio', null, 'playlist'],
  // DASH.
  ['/cam/manifest.mpd', 'cam', null, 'playlist'],
  ['/cam/anything.mpd', 'cam', null, 'playlist'],
  ['/cam/chunk-stream0-00017.m4s', 'cam', null, 'segment'],
  ['/cam/video/init.mp4', 'cam', null, 'segment'],
  ['/dash/cam.mpd', 'cam', null, 'playlist'],
  ['/dash/cam-17.m4v', 'cam', null, 'segment'],
  ['/dash/cam-init.m4a', 'cam', null, 'segment'],
  ['/dash/cam-raw.m4a', 'cam', null, 'segment'],
  // Other segments, subtitles and separate audio.
  ['/stream1/audio/17.aac', 'stream1', null, 'segment'],
  ['/stream1/audio/17.mp3', 'stream1', null, 'segment'],
  ['/stream1/subs/17.vtt', 'stream1', null, 'segment'],
  ['/stream1/v1/17.cmfv', 'stream1', null, 'segment'],
  ['/stream1/a1/17.cmfa', 'stream1', null, 'segment'],
  ['/stream1/17.M4S', 'stream1', null, 'segment'],
  // Low-latency HLS: parts.
  ['/stream1/720p/segment17.part2.m4s', 'stream1', null, 'segment'],
  ['/stream1/filePart271.1.mp4', 'stream1', null, 'segment'],
  ['/hls/cam-17.part2.ts', 'cam', null, 'segment'],
  ['/hls/cam17.2.ts', 'cam', null, 'segment'],
  // The stream itself, in one answer.
  ['/live.mp3', '/live.mp3', null, 'progressive'],
  ['/live-128.mp3', '/live-128.mp3', null, 'progressive'],
  ['/radio/rock/high.aac', '/radio/rock/high.aac', null, 'progressive'],
  ['/stream1/a.mp4', '/stream1/a.mp4', null, 'progressive'],
  ['/live.ogg', '/live.ogg', null, 'progressive'],
];

/** Rule, path → stream, quality, role. */
const RULES: readonly [PatternOption, string, string | null, string | null, Role | null][] = [
  [{ path: '/live/{stream}/{quality}/**', role: 'segment' }, '/live/rock/720p/17.ts', 'rock', '720p', 'segment'],
  [{ path: '/live/{stream}/{quality}/**', role: 'segment' }, '/live/rock/720p', 'rock', '720p', 'segment'],
  [{ path: '/live/{stream}/**', role: 'segment' }, '/live', null, null, null],
  [{ path: '/v/{stream}_{quality}.m3u8', role: 'playlist' }, '/v/a_b_c.m3u8', 'a', 'b_c', 'playlist'],
  [{ path: '/{stream}/{stream}_{quality}.m3u8', role: 'playlist' }, '/a_b/a_b_720p.m3u8', 'a_b', '720p', 'playlist'],
  [{ path: '/**/{stream}.smil/*.ts', role: 'segment' }, '/x/y/z/rock.smil/1.ts', 'rock', null, 'segment'],
  [{ path: '/**/{stream}/play/*', role: 'progressive' }, '/a/play/b/play/rock', 'b', null, 'progressive'],
  [
    { path: '/radio/*', role: 'progressive', stream: 'radio', quality: 'mp3' },
    '/radio/x',
    'radio',
    'mp3',
    'progressive',
  ],
  [{ path: '/vod/**', role: 'none' }, '/vod/a/b.m3u8', null, null, null],
  [{ path: '/s/{stream}.x', role: 'segment' }, '/s/.x', null, null, null],
];

for (const [rule, path, stream, quality, role] of RULES) {
  test(`by the rule ${rule.path}, ${path} is ${stream ?? 'no audience'}`, () => {
    const meaning = classify(path, NONE, [compilePattern(patternOption.parse(rule))]);
    assert.deepEqual(
      [meaning?.stream ?? null, meaning?.quality ?? null, meaning?.role ?? null],
      [stream, quality, role],
    );
  });
}

for (const wrong of [
  { path: 'live/{stream}', role: 'segment' },
  { path: '/live/*', role: 'segment' },
  { path: '/live/{name}/{stream}', role: 'segment' },
  { path: '/live/{stream', role: 'segment' },
  { path: '/live/{stream}{quality}', role: 'segment' },
  { path: '/live/a**b/{stream}', role: 'segment' },
  { path: '/live/{stream}', role: 'movie' },
]) {
  test(`${JSON.stringify(wrong)} is no rule`, () => assert.equal(patternOption.safeParse(wrong).success, false));
}

test('the first rule that fits tells, and where none does the rules that are built in', () => {
  const patterns = [
    { path: '/a/**', role: 'none' },
    { path: '/a/{stream}/**', role: 'segment' },
    { path: '/b/{stream}/**', role: 'segment' },
  ].map((rule) => compilePattern(patternOption.parse(rule)));
  assert.equal(classify('/a/x/1.ts', NONE, patterns), null);
  assert.equal(classify('/b/x/1.ts', NONE, patterns)?.stream, 'x');
  assert.equal(classify('/c/x/1.ts', NONE, patterns)?.stream, 'c');
});

test('a rule with wildcards fits just the paths that a regular expression says', () => {
  const part = fc.constantFrom('a', 'b', 'ab', '*', '{stream}', '{quality}', '**');
  const folder = fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', 'x');
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.array(folder, { maxLength: 6 }),
      (parts, folders) => {
        fc.pre(
          new Set(parts.filter((each) => each.startsWith('{'))).size ===
            parts.filter((each) => each.startsWith('{')).length,
        );
        const rule = { path: `/${parts.join('/')}`, role: 'segment' as const, stream: 's' };
        const expression = parts.map((each) => {
          if (each === '**') return '(?:/[^/]+)*';
          return `/${each === '*' || each.startsWith('{') ? '[^/]+' : each}`;
        });
        const expected = new RegExp(`^${expression.join('')}$`).test(folders.map((each) => `/${each}`).join(''));
        const found = compilePattern(patternOption.parse(rule)).match(folders);
        assert.equal(found !== null, expected);
      },
    ),
  );
});

for (const [path, stream, quality, role] of TABLE) {
  test(`${path} is ${stream}${quality === null ? '' : `, ${quality}`}`, () => {
    const meaning = classify(path, NONE)!;
    assert.deepEqual([meaning.stream, meaning.quality, meaning.role], [stream, quality, role]);
  });
}

for (const path of [
  '/',
  '',
  '/stream1/',
  '/stream1/ats',
  '/.ts',
  '/hls/init.mp4',
  '/dash/chunk-stream0-1.m4s',
  '/init-stream0.m4s',
  '/dash/init-stream1.m4s',
  '/stream1/key.key',
  '/hls/17.ts',
  '/a.m3u8.txt',
  '*',
]) {
  test(`${path === '' ? 'an empty path' : path} is no audience`, () => assert.equal(classify(path, NONE), null));
}

test('a name of more than 255 characters is no stream', () => {
  assert.notEqual(classify(`/${'x'.repeat(255)}/a.m3u8`, NONE), null);
  assert.equal(classify(`/${'x'.repeat(256)}/a.m3u8`, NONE), null);
});

test('only the playlist tells where the name ends and the number of the segment begins', () => {
  const known = new Set(['cam1', 'cam12']);
  assert.equal(classify('/hls/cam13.ts', NONE)?.stream, 'cam');
  assert.equal(classify('/hls/cam13.ts', known)?.stream, 'cam1');
  assert.equal(classify('/hls/cam123.ts', known)?.stream, 'cam12');
  assert.equal(classify('/hls/cam1-7.ts', known)?.stream, 'cam1');
  assert.equal(classify('/hls/cam27.ts', known)?.stream, 'cam');
});

test('a stream is numbered if its name could be taken for that of a segment', () => {
  const playlist = (path: string) => classify(path, NONE)!;
  for (const path of ['/cam1.m3u8', '/hls/cam-1.m3u8', '/7.m3u8']) assert.ok(isNumbered(playlist(path)), path);
  for (const path of ['/cam.m3u8', '/cam1/720p.m3u8', '/cam1/master.m3u8', '/cam1-7.ts'])
    assert.ok(!isNumbered(playlist(path)), path);
});

test('once its playlist is known, every segment of a stream is on it', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  fc.assert(
    fc.property(name, fc.nat(), fc.constantFrom('', '-', '_'), (stream, n, separator) => {
      const playlist = classify(`/hls/${stream}.m3u8`, NONE)!;
      // What ends like a quality is one of the stream before it: `a_64k`.
      const known = isNumbered(playlist) ? new Set([playlist.stream]) : NONE;
      assert.equal(classify(`/hls/${stream}${separator}${n}.ts`, known)?.stream, playlist.stream);
    }),
    { examples: [['a_00k', 0, '-']] },
  );
});

test('whatever the path, it is read without a fault', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('/', '..', '%', '%2f', '.ts', '.m3u8', ';', '1'));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const meaning = classify(parts.join(''), new Set(['cam1']));
      if (meaning !== null) assert.ok(meaning.stream.length > 0 && meaning.stream.length <= 255);
    }),
  );
});
