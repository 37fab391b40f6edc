// Between Parley's scan hook and ClamAV (docs/scanning.md): streams what is at the URL to clamd. "clean" is said only
// when clamd has said OK to a file that came whole; whatever else happens is an error, and an error is no verdict.
import { once } from 'node:events'
import { createServer, get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { connect } from 'node:net'
import { pipeline } from 'node:stream/promises'

const { CLAMD_SOCKET: path, CLAMD_HOST: host = '127.0.0.1', CLAMD_PORT = '3310' } = process.env
const { HOST = '127.0.0.1', PORT = '8089', TIMEOUT_MS = 25_000, MAX_SCANS = 10 } = process.env
const clamd = path ? { path } : { host, port: Number(CLAMD_PORT) }
const openers = { 'http:': getHttp, 'https:': getHttps }
const waiting = []
let free = Number(MAX_SCANS)

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request, limit(response))
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(Number(PORT), HOST, () => console.log(`listening on ${HOST}:${PORT}`))
// The first process of a container is not ended by a signal that it does not handle.
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => server.close())

async function answer(request, signal) {
  const route = `${request.method} ${request.url}`
  if (route === 'GET /healthz') return await orError(503, signal, () => ask([['zPING\0']], signal))
  if (route !== 'POST /scan') return [404, { error: 'POST /scan and GET /healthz are all there is' }]
  const order = await readOrder(request).catch(() => undefined)
  if (!order) return [400, { error: 'not { "attachmentId": "…", "url": "http…" }' }]
  const [status, body] = await orError(502, signal, () => inTurn(() => scan(order.url, signal)))
  console.log(JSON.stringify({ attachmentId: order.attachmentId, ...body }))
  return [status, body]
}

async function orError(status, signal, work) {
  try {
    return [200, await work()]
  } catch (error) {
    const { message, code } = signal.aborted ? signal.reason : error
    return [status, { error: message || code }]
  }
}

async function readOrder(request) {
  let json = ''
  for await (const part of request.setEncoding('utf8')) {
    json += part
    if (json.length > 65_536) throw new Error('too long')
  }
  const order = JSON.parse(json)
  const url = new URL(order.url)
  return typeof order.attachmentId === 'string' && url.protocol in openers ? { ...order, url } : undefined
}

async function scan(url, signal) {
  signal.throwIfAborted()
  const reply = await ask([await open(url, signal), inChunks], signal)
  if (reply === 'stream: OK') return { verdict: 'clean' }
  const reason = reply.match(/^stream: (.+) FOUND$/)?.[1]
  // How long a scan takes says something about the machine, and nothing about the file.
  if (!reason || reason.startsWith('Heuristics.Limits.Exceeded.MaxScanTime'))
    throw new Error(`clamd: ${reply}`)
  return { verdict: 'infected', reason }
}

/** The bytes as they are stored: `fetch` would follow redirects, and decode. */
async function open(url, signal) {
  const request = openers[url.protocol](url, { signal })
  // Once there is a response, it is the response that fails.
  request.on('error', () => {})
  const [file] = await once(request, 'response')
  if (file.statusCode !== 200) throw new Error(`the URL answers ${file.statusCode}`)
  if (!(file.headers['content-length'] ?? file.headers['transfer-encoding']))
    throw new Error('no length given')
  return file
}

/** As INSTREAM wants it: each chunk after its length in four bytes, a length of zero at the end. */
async function* inChunks(file) {
  yield 'zINSTREAM\0'
  for await (const chunk of file) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(chunk.length)
    yield Buffer.concat([length, chunk])
  }
  yield Buffer.alloc(4)
}

/** One question to clamd on a connection of its own. @throws unless it was put whole and answered whole */
async function ask(question, signal) {
  let reply = ''
  const listen = async (socket) => {
    for await (const part of socket.setEncoding('utf8')) reply += part
    socket.destroy()
  }
  // A socket that ends its own half when clamd hangs up would leave the pipeline pending for ever (Node 20).
  const socket = connect({ ...clamd, allowHalfOpen: true })
  await pipeline(...question, socket, listen, { signal }).catch((error) => {
    // When clamd refuses a file, it says why before it hangs up.
    throw reply === '' ? error : new Error(`clamd: ${reply}`)
  })
  if (!reply.endsWith('\0')) throw new Error('clamd hung up in the middle of its answer')
  return reply.slice(0, -1)
}

/** Aborted when the time is out, or when nobody waits for the answer any more. */
function limit(response) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`no verdict in ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
  response.once('close', () => {
    clearTimeout(timer)
    controller.abort(new Error('nobody waits for the answer'))
  })
  return controller.signal
}

async function inTurn(work) {
  if (free > 0) free -= 1
  else await new Promise((resolve) => waiting.push(resolve))
  return await work().finally(() => {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  })
}
