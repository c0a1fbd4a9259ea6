import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { answerDigest, parseChallenges } from './digest.ts';

const RFC_7616 =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,' +
  ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",' +
  ' Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,' +
  ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const MUFASA = {
  user: 'Mufasa',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

const answer = (header: string, question: Partial<typeof MUFASA> = {}) =>
  answerDigest(parseChallenges(header)[0]!, { ...MUFASA, ...question });

test('RFC 7616 §3.9.1: both challenges of one header, with SHA-256 and with MD5', () => {
  const [sha256, md5] = parseChallenges(RFC_7616).map((each) => answerDigest(each, MUFASA));
  assert.equal(
    sha256,
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
      'uri="/dir/index.html", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", ' +
      'algorithm=SHA-256, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
  );
  assert.match(md5!, /response="8ca523f5e9506fed4657c9700eebdbec", algorithm=MD5,/);
});

test('RFC 2617 §3.5, where nobody names an algorithm', () => {
  const header = 'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const told = answer(header, { password: 'Circle Of Life', cnonce: '0a4f113b' })!;
  assert.match(told, /response="6629fae49393a05397450978507c4ef1"/);
  assert.doesNotMatch(told, /algorithm/);
});

test('RFC 2069 (as corrected by its erratum 749): without qop there is no cnonce and no count', () => {
  const header = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const told = answer(header, { password: 'CircleOfLife' })!;
  assert.match(told, /response="1949323746fe6a43ef61f9606e7febea"/);
  assert.doesNotMatch(told, /qop|nc=|cnonce/);
});

test('a session key holds both nonces, so the answer says ours', () => {
  for (const qop of [', qop="auth"', '']) {
    const told = answer(`Digest realm="r", nonce="n", algorithm=MD5-sess${qop}`)!;
    assert.match(told, /cnonce="f2/);
    assert.notEqual(
      /response="(\w+)"/.exec(told)![1],
      /response="(\w+)"/.exec(answer(`Digest realm="r", nonce="n", algorithm=MD5${qop}`)!)![1],
    );
  }
});

test('names are hashed where the server wants it, and coded where they are no ASCII', () => {
  const hashed = answer('Digest realm="r", nonce="n", qop="auth", userhash=true', { user: 'Jäsøn' })!;
  assert.match(hashed, /^Digest username="[0-9a-f]{32}",.*userhash=true$/);
  assert.match(answer('Digest realm="r", nonce="n"', { user: 'Jäsøn' })!, /^Digest username\*=UTF-8''J%C3%A4s%C3%B8n,/);
  assert.match(answer('Digest realm="a\\"b", nonce="n"', { user: 'x"y' })!, /username="x\\"y", realm="a\\"b"/);
});

test('what cannot be answered is not', () => {
  for (const header of [
    'Basic realm="r"',
    'Digest realm="r"',
    'Digest nonce="n"',
    'Digest realm="r", nonce="n", qop="auth-int"',
    'Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"',
    'Digest realm="r", nonce="n", algorithm=constructor, qop="auth"',
  ]) {
    assert.equal(answer(header), null, header);
  }
});

test('challenges are read in their order, with whatever spaces and unknown schemes', () => {
  const read = parseChallenges(
    'Negotiate, NTLM TlRMTVNTUAAB==, , Digest realm = "a, b" ,nonce=n,stale=FALSE,Basic realm="c"',
  );
  assert.deepEqual(
    read.map(({ scheme }) => scheme),
    ['negotiate', 'ntlm', 'digest', 'basic'],
  );
  assert.deepEqual(Object.fromEntries(read[2]!.parameters), { realm: 'a, b', nonce: 'n', stale: 'FALSE' });
  assert.deepEqual(parseChallenges(''), []);
  assert.deepEqual(parseChallenges('"'), []);
});
