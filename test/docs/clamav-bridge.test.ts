import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { type Bridge, scan, startBridge, startSource } from '../helpers/clamav.js'
import { call, until } from '../helpers/clients.js'

/** The recipe's bridge between a store and a clamd that fail: whatever happens, it never says clean. */

t.setTimeout(300_000)

const refusal = (error: RegExp) => ({ status: 502, body: { error, verdict: undefined } })

/** A peer in the place of clamd, which no real one is: it fails when told to. */
async function startPeer(t: Test, talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket)
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return String(z.object({ port: z.number() }).parse(server.address()).port)
}

/** A bridge whose clamd has heard a whole file when it answers. */
async function startWith(t: Test, reply: () => string, env: Record<string, string> = {}): Promise<Bridge> {
  const port = await startPeer(t, (socket) => socket.resume().on('end', () => socket.end(reply())))
  return await startBridge(t, { CLAMD_PORT: port, ...env })
}

const alwaysOk = () => 'stream: OK\0'

t.test('what clamd may say', async (t) => {
  const source = await startSource(t, (_, response) => response.end('Hello'))
  const answers: [reply: string, answer: object][] = [
    ['stream: OK\0', { status: 200, body: { verdict: 'clean' } }],
    ['stream: A.B(c:5) FOUND\0', { status: 200, body: { verdict: 'infected', reason: 'A.B(c:5)' } }],
    ['stream: OK', refusal(/middle/)],
    ['', refusal(/middle/)],
    ['stream: OK ERROR\0', refusal(/OK ERROR/)],
    ['stream: FOUND\0', refusal(/FOUND/)],
    ['INSTREAM size limit exceeded. ERROR\0', refusal(/size limit/)],
    ['stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0', refusal(/MaxScanTime/)],
    ['PONG\0', refusal(/PONG/)],
  ]
  let reply = ''
  const bridge = await startWith(t, () => reply)
  for (const [said, answer] of answers) {
    reply = said
    t.match(await scan(bridge, source), answer, JSON.stringify(said))
  }
})

t.test('an OK to half a file is none', async (t) => {
  const port = await startPeer(t, (socket) => socket.once('data', () => socket.end('stream: OK\0')))
  const source = await startSource(t, (_, response) => response.write(Buffer.alloc(30_000_000)))
  const bridge = await startBridge(t, { CLAMD_PORT: port, TIMEOUT_MS: '5000' })
  t.match(await scan(bridge, source), refusal(/./))
})

t.test('a clamd that hangs up, or is silent', async (t) => {
  const source = await startSource(t, (_, response) => response.end(Buffer.alloc(1_000_000)))
  const rude = await startPeer(t, (socket) => socket.once('data', () => socket.destroy()))
  t.match(await scan(await startBridge(t, { CLAMD_PORT: rude }), source), refusal(/./))
  const silent = await startPeer(t, (socket) => socket.resume())
  const bridge = await startBridge(t, { CLAMD_PORT: silent, TIMEOUT_MS: '300' })
  t.match(await scan(bridge, source), refusal(/no verdict in 300 ms/))
})

t.test('a file that does not come whole', async (t) => {
  const bridge = await startWith(t, alwaysOk, { TIMEOUT_MS: '1000' })
  const sources: [what: string, error: RegExp, answer: RequestListener][] = [
    ['gone', /404/, (_, response) => response.writeHead(404).end()],
    ['elsewhere', /302/, (_, response) => response.writeHead(302, { location: '/' }).end()],
    ['part of it', /206/, (_, response) => response.writeHead(206).end('Hello')],
    ['it never begins', /no verdict in/, () => {}],
    ['it never ends', /no verdict in/, (_, response) => response.write('Hello')],
    ['less than was said', /aborted/, (_, response) => breakOff(response, { 'content-length': 1000 })],
    ['chunks without the last', /aborted/, (_, response) => breakOff(response, {})],
    ['no length', /length/, ({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nHello')],
  ]
  for (const [what, error, answer] of sources)
    t.match(await scan(bridge, await startSource(t, answer)), refusal(error), what)
  t.match(await scan(bridge, 'http://127.0.0.1:1/'), refusal(/ECONNREFUSED/), 'nobody there')
})

function breakOff(response: ServerResponse, headers: Record<string, number>): void {
  response.writeHead(200, headers)
  response.write('Hello', () => response.destroy())
}

t.test('what is posted must be an attachment and a URL of the web', async (t) => {
  const bridge = await startWith(t, alwaysOk)
  const url = 'http://127.0.0.1:1/'
  const bodies = ['', 'null', '{}', { url }, { attachmentId: 'a1' }, { attachmentId: 1, url }]
  for (const body of [
    ...bodies,
    { attachmentId: 'a1', url: 'file:///etc/passwd' },
    { attachmentId: 'a1', url: 'x' },
  ])
    t.match(await call(bridge, undefined, 'POST', '/scan', body), {
      status: 400,
      body: { verdict: undefined },
    })
  t.match(await call(bridge, undefined, 'GET', '/scan'), { status: 404 })
})

t.test('the file is let go when nobody waits for the verdict any more', async (t) => {
  const bridge = await startWith(t, alwaysOk)
  const gone = new AbortController()
  let isLetGo = false
  const source = await startSource(t, (_, response) => {
    response.on('close', () => {
      isLetGo = true
    })
    response.write('Hello')
    gone.abort()
  })
  const body = JSON.stringify({ attachmentId: 'a1', url: source })
  await t.rejects(fetch(bridge.scanUrl, { method: 'POST', body, signal: gone.signal }))
  await until(() => isLetGo, 'the file is let go')
})

t.test('scans take turns', async (t) => {
  const bridge = await startWith(t, alwaysOk, { MAX_SCANS: '2' })
  const open: ServerResponse[] = []
  let most = 0
  const source = await startSource(t, async (_, response) => {
    open.push(response)
    most = Math.max(most, open.length)
    if (open.length < 2) return
    // Time enough for a third to come, if the bridge let one.
    await call(bridge, undefined, 'GET', '/healthz')
    for (const one of open.splice(0)) one.end('Hello')
  })
  const answers = await Promise.all(Array.from({ length: 20 }, () => scan(bridge, source)))
  t.ok(answers.every(({ body }) => body.verdict === 'clean'))
  t.equal(most, 2)
})

t.test('a scan under way is finished when the bridge is told to stop', async (t) => {
  const bridge = await startWith(t, alwaysOk)
  let file: ServerResponse | undefined
  const source = await startSource(t, (_, response) => {
    file = response
  })
  const answer = scan(bridge, source)
  await until(() => file !== undefined, 'the file is fetched')
  const stopped = bridge.stop()
  await until(async () => (await fetch(bridge.url).catch(() => undefined)) === undefined, 'no new requests')
  file?.end('Hello')
  t.match(await answer, { status: 200, body: { verdict: 'clean' } })
  t.equal(await stopped, 0)
})
