import { callRest } from '../../chaos/clients/rest.js'
import { made } from '../../chaos/clients/wire.js'
import { SECRET } from '../../engines/engines.js'
import { createTokens } from '../../engines/tokens.js'
import { inParallel } from './in-parallel.js'

const AT_ONCE = 8
const TIMEOUT_MS = 30_000

export interface Person {
  readonly id: string
  readonly token: string
}

const tokens = createTokens(SECRET)

/** The marketplace's own backend. */
export const signService = tokens.service

/** Their tokens are signed here, once: that is no part of what is measured. */
export function createPeople(size: number): Person[] {
  return Array.from({ length: size }, (_, index) => {
    const id = `user-${index + 1}`
    return { id, token: tokens.user(id, `User ${index + 1}`) }
  })
}

/** Makes a chat for each list of members. Gives their ids, in the same order. @throws when one could not be made */
export async function createChats(http: string, members: readonly (readonly Person[])[]): Promise<string[]> {
  const token = signService()
  const ids = members.map(() => '')
  await inParallel(members, AT_ONCE, async (people, index) => {
    const answer = await callRest({
      ...{ url: http, token, method: 'POST', path: '/chats', timeoutMs: TIMEOUT_MS },
      body: { type: 'order', orderId: `order-${index}`, members: people.map(({ id }) => ({ userId: id })) },
    })
    if (!answer.ok) throw new Error(`a chat could not be made: ${answer.code}`)
    ids[index] = made.parse(answer.data).id
  })
  return ids
}
