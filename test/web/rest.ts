import { z } from 'zod'
import { call } from '../helpers/clients.js'

const listed = z.object({ data: z.array(z.object({ id: z.string(), subject: z.string().nullable() })) })

/** A token of Ann's, as the page asks for it. */
export async function annsToken(node: { url: string }): Promise<string> {
  const { body } = await call(node, undefined, 'POST', '/dev/token', { sub: 'ann', fullName: 'Ann Lee' })
  return z.string().parse(body.token)
}

/** What Ann is in, by what it is about. */
export async function chatIdOf(node: { url: string }, subject: string): Promise<string> {
  const { body } = await call(node, await annsToken(node), 'GET', '/chats')
  const found = listed.parse(body).data.find((chat) => chat.subject === subject)
  if (!found) throw new Error(`no chat about ${subject}`)
  return found.id
}
