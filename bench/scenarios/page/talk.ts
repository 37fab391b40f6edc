import WebSocket from 'ws'
import { z } from 'zod'
import { callRest } from '../../chaos/clients/rest.js'
import { made } from '../../chaos/clients/wire.js'

const AT_ONCE = 200
const TIMEOUT_MS = 30_000
const issued = z.object({ token: z.string() })
const frame = z.looseObject({ type: z.string() })

interface Node {
  readonly http: string
  readonly raw: string
}

/** @throws when it is refused */
async function post({ http }: Node, token: string, path: string, body: object): Promise<unknown> {
  const answer = await callRest({ url: http, token, method: 'POST', path, body, timeoutMs: TIMEOUT_MS })
  if (!answer.ok) throw new Error(`${path} answered ${answer.code}`)
  return answer.data
}

async function tokenOf(node: Node, sub: string, fullName: string): Promise<string> {
  // Who asks for a first token has none.
  return issued.parse(await post(node, '', '/dev/token', { sub, fullName })).token
}

/** A general chat of the demo's two people with so many messages, by turns. Gives its subject. */
export async function talk(node: Node, count: number, onProgress: (said: number) => void): Promise<string> {
  const subject = 'A long history'
  const ann = await tokenOf(node, 'ann', 'Ann Lee')
  const bob = await tokenOf(node, 'bob', 'Bob Ray')
  const chat = { type: 'general', subject, members: [{ userId: 'bob' }] }
  const { id } = made.parse(await post(node, ann, '/chats', chat))
  const half = Math.ceil(count / 2)
  let said = 0
  const onSaid = () => {
    said += 1
    onProgress(said)
  }
  await Promise.all([say(node.raw, ann, id, half, onSaid), say(node.raw, bob, id, count - half, onSaid)])
  return subject
}

/** So many messages of one person, a bounded number of them under way at once. */
function say(raw: string, bearer: string, chatId: string, count: number, onSaid: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(raw, ['parley.v1', `bearer.${bearer}`])
    let [sent, done] = [0, 0]
    const next = () => {
      if (sent >= count) return
      sent += 1
      socket.send(JSON.stringify({ type: 'send', ref: sent, chatId, content: contentOf(sent) }))
    }
    socket.on('error', reject)
    socket.on('message', (data) => {
      const { type, ref, code } = frame.parse(JSON.parse(data.toString()))
      if (type === 'hello') for (let n = 0; n < AT_ONCE; n += 1) next()
      if (ref === undefined) return
      if (type === 'error') reject(new Error(`a message was refused: ${String(code)}`))
      done += 1
      onSaid()
      next()
      if (done < count) return
      socket.close()
      resolve()
    })
  })
}

/** Of one line up to several, as people write. */
function contentOf(index: number): string {
  const sentence = 'Has it been sent? The number on the parcel does not say anything yet. '
  return `${index}. ${sentence.repeat(1 + (index % 4))}`
}
