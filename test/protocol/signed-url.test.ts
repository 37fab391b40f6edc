import t from 'tap'
import { type SignedRequest, signUrl, verifyUrl } from '../../src/protocol/signed-url.js'

const NOW = Date.UTC(2026, 0, 1)
const SECRET = 'a secret'
const request: SignedRequest = {
  method: 'GET',
  path: '/blobs/files/a',
  params: { type: 'text/plain', disposition: `attachment; filename="a & b=c.txt"; filename*=UTF-8''%C3%A4` },
  expiresAt: new Date(NOW + 60_000),
}
const url = signUrl(SECRET, request)
const invalid = { code: 'forbidden', message: 'This link is not valid.' }

t.test('what was signed comes back', async (t) => {
  t.ok(url.startsWith('/blobs/files/a?'))
  t.strictSame(verifyUrl(SECRET, 'GET', url, NOW), request)
  const none = signUrl(SECRET, { ...request, params: {} })
  t.strictSame(verifyUrl(SECRET, 'GET', none, NOW).params, {})
})

t.test('the order of the parameters does not matter, as a proxy may change it', async (t) => {
  const [path, query] = url.split('?')
  const turned = query?.split('&').reverse().join('&')
  t.strictSame(verifyUrl(SECRET, 'GET', `${path}?${turned}`, NOW), request)
})

t.test('every single character counts', async (t) => {
  for (let at = 0; at < url.length; at++) {
    const other = url[at] === 'x' ? 'y' : 'x'
    const tampered = `${url.slice(0, at)}${other}${url.slice(at + 1)}`
    t.throws(() => verifyUrl(SECRET, 'GET', tampered, NOW), invalid, tampered)
  }
})

t.test('so do the method, the secret, and what is added or left out', async (t) => {
  const [path = '', query = ''] = url.split('?')
  const pairs = query.split('&')
  t.throws(() => verifyUrl(SECRET, 'PUT', url, NOW), invalid)
  t.throws(() => verifyUrl('another secret', 'GET', url, NOW), invalid)
  for (const pair of pairs) {
    const without = `${path}?${pairs.filter((one) => one !== pair).join('&')}`
    t.throws(() => verifyUrl(SECRET, 'GET', without, NOW), invalid, without)
  }
  for (const more of ['&more=1', '&type=text/html', '&expires=99999999999', `&signature=${'x'.repeat(43)}`])
    t.throws(() => verifyUrl(SECRET, 'GET', `${url}${more}`, NOW), invalid, more)
  for (const nothing of [
    '',
    '?',
    '/blobs/files/a',
    '/blobs/files/a?signature=',
    '/blobs/files/a?signature=a',
  ])
    t.throws(() => verifyUrl(SECRET, 'GET', nothing, NOW), invalid, nothing)
})

t.test('text cannot move from one part into the next', async (t) => {
  const one = signUrl(SECRET, { ...request, params: { a: 'b&c=d' } })
  const two = signUrl(SECRET, { ...request, params: { a: 'b', c: 'd' } })
  const [, , signature] = /^(.*)&(signature=.*)$/.exec(one) ?? []
  t.throws(() => verifyUrl(SECRET, 'GET', two.replace(/signature=.*$/, signature ?? ''), NOW), invalid)
})

t.test('it expires, by the second', async (t) => {
  const expired = { code: 'forbidden', message: 'This link has expired.' }
  t.strictSame(verifyUrl(SECRET, 'GET', url, NOW + 59_999), request)
  t.throws(() => verifyUrl(SECRET, 'GET', url, NOW + 60_000), expired)
  t.throws(
    () => verifyUrl(SECRET, 'GET', url.replace('files', 'other'), NOW + 60_000),
    invalid,
    'tampered first',
  )
})
