import { createTokens } from '../../engines/tokens.js'
import { callRest } from '../clients/rest.js'
import type { NodeAddress, Session } from '../clients/session.js'
import { createSession } from '../clients/session.js'
import { made } from '../clients/wire.js'
import type { Random } from '../random.js'
import type { History } from '../record/history.js'

const MOST_MEMBERS = 8

export interface Person {
  readonly id: string
  readonly token: string
  readonly sessions: readonly Session[]
  /** The chats that this user's sessions stay out of, though a member. */
  readonly unjoined: Set<string>
}

export interface Chat {
  readonly id: string
  readonly founders: readonly Person[]
  /** As far as the service's own backend knows. */
  readonly members: Set<Person>
  isClosed: boolean
  /** The end, as far as somebody has been told of it. */
  lastSeq: number
  /** Messages that were said last, to be edited and deleted. */
  readonly recent: { readonly seq: number; readonly sender: Person }[]
}

export interface WorldOptions {
  readonly users: number
  readonly chats: number
  readonly nodes: readonly NodeAddress[]
  readonly secret: string
  readonly history: History
  readonly random: Random
}

/** The people and their chats, as the marketplace makes them. @throws when a chat could not be made */
export async function createWorld({ users, chats, nodes, secret, history, random }: WorldOptions) {
  const tokens = createTokens(secret)
  const service = tokens.service()
  const chatsOf = new Map<string, Set<Chat>>()
  const people = Array.from({ length: users }, (_, index) => createPerson(`u${index + 1}`))
  const all: Chat[] = []
  for (let index = 1; index <= chats; index++) all.push(await createChat(`order-${index}`))

  function createPerson(id: string): Person {
    const unjoined = new Set<string>()
    const token = tokens.user(id, `User ${id}`)
    const sessions = Array.from({ length: random.chance(0.5) ? 2 : 1 }, (_, index) =>
      createSession({
        ...{ id: `${id}.${index + 1}`, user: id, token, nodes, history },
        door: random.chance(0.6) ? 'raw' : 'socketio',
        random: random.fork(`${id}.${index + 1}`),
        wanted: () =>
          [...(chatsOf.get(id) ?? [])].map((chat) => chat.id).filter((chat) => !unjoined.has(chat)),
      }),
    )
    return { id, token, sessions, unjoined }
  }

  async function createChat(orderId: string): Promise<Chat> {
    const founders = random.shuffle(people).slice(0, random.between(2, MOST_MEMBERS))
    const url = random.pick(nodes).http
    const body = { type: 'order', orderId, members: founders.map(({ id }) => ({ userId: id })) }
    const answer = await callRest({
      url,
      token: service,
      method: 'POST',
      path: '/chats',
      body,
      timeoutMs: 30_000,
    })
    if (!answer.ok) throw new Error(`the chat of ${orderId} could not be made: ${answer.code}`)
    const { id, lastSeq } = made.parse(answer.data)
    const chat = { id, founders, members: new Set<Person>(), isClosed: false, lastSeq, recent: [] }
    for (const person of founders) {
      enter(person, chat)
      if (random.chance(0.1)) person.unjoined.add(id)
    }
    return chat
  }

  /** It is known that one is a member: the sessions go in. */
  function enter(person: Person, chat: Chat): void {
    chat.members.add(person)
    const ofPerson = chatsOf.get(person.id) ?? new Set<Chat>()
    ofPerson.add(chat)
    chatsOf.set(person.id, ofPerson)
  }

  /** One will not be a member much longer: the sessions do not go in any more. */
  function leave(person: Person, chat: Chat): void {
    chat.members.delete(person)
    chatsOf.get(person.id)?.delete(chat)
  }

  return { people, chats: all, service, nodes, enter, leave }
}

export type World = Awaited<ReturnType<typeof createWorld>>
