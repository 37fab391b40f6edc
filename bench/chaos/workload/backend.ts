import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../clients/connection.js'
import { callRest } from '../clients/rest.js'
import { untilSettled } from '../clients/retry.js'
import type { TalkOptions } from './talk.js'
import type { Chat, Person } from './world.js'

const TIMEOUT_MS = 10_000
const AWAY_MS = [500, 6_000] as const
const CLOSED_MS = [300, 3_000] as const

/** The marketplace's backend: it takes members out and puts them in again, closes chats and opens them again. */
export function createBackend({ world, history, random, patience }: TalkOptions) {
  const busy = new Set<Chat>()

  async function ask(method: 'POST' | 'DELETE', path: string, body?: object): Promise<Answer> {
    return await untilSettled(random, patience, async () => {
      const { http: url } = random.pick(world.nodes)
      const request = { url, token: world.service, method, path, timeoutMs: TIMEOUT_MS }
      const answer = await callRest(body === undefined ? request : { ...request, body })
      if (!answer.ok) history.add({ kind: 'failed', what: `${method} by the backend`, code: answer.code })
      return answer
    })
  }

  /** One change of a chat at a time: two that overlap would leave it unknown who is a member. */
  async function alone(chat: Chat, body: () => Promise<void>): Promise<void> {
    if (busy.has(chat)) return
    busy.add(chat)
    await body()
    busy.delete(chat)
  }

  async function pause([least, most]: readonly [number, number]): Promise<void> {
    await delay(random.between(least, most), undefined, { signal: patience }).catch(() => {})
  }

  return {
    /** Out, and after a while in again; somebody new sometimes. */
    async moveMember(chat: Chat): Promise<void> {
      await alone(chat, async () => {
        const person: Person = random.pick(random.chance(0.7) ? [...chat.members] : world.people)
        if (chat.members.has(person) && chat.members.size > 1) {
          world.leave(person, chat)
          await ask('DELETE', `/chats/${chat.id}/members/${person.id}`)
          await pause(AWAY_MS)
        }
        const added = await ask('POST', `/chats/${chat.id}/members`, { userId: person.id })
        if (added.ok) world.enter(person, chat)
      })
    },

    async closeForAWhile(chat: Chat): Promise<void> {
      await alone(chat, async () => {
        chat.isClosed = true
        await ask('POST', `/chats/${chat.id}/close`)
        await pause(CLOSED_MS)
        await ask('POST', `/chats/${chat.id}/reopen`)
        chat.isClosed = false
      })
    },
  }
}

export type Backend = ReturnType<typeof createBackend>
