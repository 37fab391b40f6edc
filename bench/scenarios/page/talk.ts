import WebSocket from 'ws'
import { z } from 'zod'

const AT_ONCE = 200
const token = z.object({ token: z.string() })
const chat = z.object({ id: z.string() })
const frame = z.looseObject({ type: z.string() })

async function post(url: string, body: object, bearer?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return await response.json()
}

async function tokenOf(http: string, sub: string, fullName: string): Promise<string> {
  return token.parse(await post(`${http}/dev/token`, { sub, fullName })).token
}

/** A general chat of the demo's two people with so many messages, by turns. Gives its subject. */
export async function talk(
  { http, raw }: { http: string; raw: string },
  count: number,
  onProgress: (said: number) => void,
): Promise<string> {
  const subject = 'A long history'
  const ann = await tokenOf(http, 'ann', 'Ann Lee')
  const bob = await tokenOf(http, 'bob', 'Bob Ray')
  const { id } = chat.parse(
    await post(`${http}/chats`, { type: 'general', subject, members: [{ userId: 'bob' }] }, ann),
  )
  const half = Math.ceil(count / 2)
  let said = 0
  const onSaid = () => {
    said += 1
    onProgress(said)
  }
  await Promise.all([say(raw, ann, id, half, onSaid), say(raw, bob, id, count - half, onSaid)])
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
