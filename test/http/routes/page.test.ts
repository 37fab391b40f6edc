import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { call, connectRaw, TEST_SECRET } from '../../helpers/clients.js'
import { startNode } from '../../helpers/processes.js'

const body = { sub: 'ann', fullName: 'Ann Lee' }

// No secret is given: the node makes one and keeps it.
const node = await startNode(t)

t.test('POST /dev/token gives a token that every door takes', async (t) => {
  const answer = await call(node, undefined, 'POST', '/dev/token', body)
  t.equal(answer.status, 200)
  t.same(Object.keys(answer.body), ['token'])
  const { token } = answer.body
  t.match(await call(node, token, 'GET', '/chats'), { status: 200, body: { data: [] } })
  const client = await connectRaw(t, node, token)
  t.match(await client.next(() => true), { type: 'hello', user: { id: 'ann', fullName: 'Ann Lee' } })
  t.match(await call(node, token, 'PUT', '/users/ann', { fullName: 'X' }), { status: 403 })
})

t.test('POST /dev/token gives the scope that is asked for', async (t) => {
  const { body: answer } = await call(node, undefined, 'POST', '/dev/token', {
    ...body,
    sub: 'shop',
    scope: 'chat:service',
  })
  t.equal((await call(node, answer.token, 'PUT', '/users/bob', { fullName: 'Bob' })).status, 200)
})

t.test('POST /dev/token: a wrong body is bad_request', async (t) => {
  for (const wrong of [
    {},
    { sub: 'ann' },
    { sub: '', fullName: 'x' },
    { sub: 'a'.repeat(65), fullName: 'x' },
    { ...body, scope: 5 },
  ])
    t.match(await call(node, undefined, 'POST', '/dev/token', wrong), {
      status: 400,
      body: { error: { code: 'bad_request' } },
    })
})

const own = `127.0.0.1:${node.port}`
const heads: [what: string, headers: Record<string, string>, status: number][] = [
  ['without an Origin', { host: own }, 200],
  ['from the page itself', { host: own, origin: `http://${own}` }, 200],
  [
    'from another page of this machine',
    { host: `localhost:${node.port}`, origin: 'http://localhost:5173' },
    200,
  ],
  ['at [::1]', { host: `[::1]:${node.port}` }, 200],
  ['from a foreign page', { host: own, origin: 'https://evil.example' }, 404],
  ['from a page whose name looks like ours', { host: own, origin: 'http://localhost.evil.example' }, 404],
  ['from a page without an origin', { host: own, origin: 'null' }, 404],
  ['under a foreign name that leads here', { host: `evil.example:${node.port}` }, 404],
  ['under a name that looks like loopback', { host: '127.0.0.1.evil.example' }, 404],
  ['under a foreign name, from that name', { host: 'evil.example', origin: 'http://evil.example' }, 404],
]
for (const [what, headers, status] of heads)
  t.test(`POST /dev/token ${what}: ${status}`, async (t) => {
    const answer = await post('/dev/token', headers)
    t.equal(answer.status, status)
    if (status === 404) t.match(answer.body, /"code":"not_found","message":"There is no such route\."/)
    else t.match(answer.body, /"token":/)
  })

/** `fetch` does not let one set Host and Origin. */
async function post(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; body: string }> {
  const sending = request({
    port: node.port,
    host: '127.0.0.1',
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  })
  sending.end(JSON.stringify(body))
  const [response] = await once(sending, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, body: text }
}

t.test('the page is there, under a policy, and knows where the WebSocket is', async (t) => {
  const page = await fetch(`${node.url}/`)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.match(page.headers.get('content-security-policy'), /default-src 'self'/)
  t.match(await page.text(), /Parley/)
  t.match(await call(node, undefined, 'GET', '/config.json'), { status: 200, body: { wsPort: node.wsPort } })
})

t.test('with a secret given there is no /dev/token, whoever asks', async (t) => {
  const other = await startNode(t, { JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'warn' })
  for (const wrong of [body, {}, 'nonsense']) {
    const answer = await call(other, undefined, 'POST', '/dev/token', wrong)
    t.equal(answer.status, 404)
    t.match(answer.body, { error: { code: 'not_found', message: 'There is no such route.' } })
  }
  t.notMatch(other.output(), /"level":(40|50|60)/)
})
