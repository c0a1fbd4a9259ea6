import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify, isNumbered } from './rules.ts';

const NONE = new Set<string>();

/** Path → stream, quality, role. */
const TABLE: readonly [string, string, string | null, 'playlist' | 'segment'][] = [
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
];

for (const [path, stream, quality, role] of TABLE) {
  test(`${path} is ${stream}${quality === null ? '' : `, ${quality}`}`, () => {
    const meaning = classify(path, NONE)!;
    assert.deepEqual([meaning.stream, meaning.quality, meaning.role], [stream, quality, role]);
  });
}

for (const path of ['/', '', '/stream1/', '/stream1/ats', '/stream1/a.mp4', '/.ts', '/hls/17.ts', '/a.m3u8.txt', '*']) {
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
      const known = isNumbered(playlist) ? new Set([stream]) : NONE;
      assert.equal(classify(`/hls/${stream}${separator}${n}.ts`, known)?.stream, stream);
    }),
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
