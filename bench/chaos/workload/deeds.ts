import { untilSettled } from '../clients/retry.js'
import { mended, readMark } from '../clients/wire.js'
import type { TalkOptions } from './talk.js'
import type { Chat, Person } from './world.js'

/** What people do beside talking: edit and delete their own, read, type, and go out and in again. */
export function createDeeds({ history, random, patience }: Omit<TalkOptions, 'world'>) {
  let edits = 0
  /** One edit of a message at a time: a person waits for the answer. */
  const busy = new Set<string>()

  async function mend(chat: Chat, isDelete: boolean): Promise<void> {
    const message = chat.recent[Math.floor(random.next() * chat.recent.length)]
    const key = `${chat.id} ${message?.seq}`
    if (message === undefined || busy.has(key)) return
    busy.add(key)
    edits += 1
    const { seq, sender } = message
    const content = isDelete ? undefined : `${sender.id} mends ${edits}`
    const mending = { user: sender.id, chat: chat.id, seq, content }
    await untilSettled(random, patience, async (attempt) => {
      const session = random.pick(sender.sessions)
      history.add({ kind: 'mend', ...mending, attempt })
      const fields = { chatId: chat.id, seq, ...(content !== undefined && { content }) }
      const answer = await session.ask(isDelete ? 'delete' : 'edit', fields)
      if (answer.ok) history.add({ kind: 'mended', ...mending, rev: mended.parse(answer.data).rev })
      else {
        const { code, temporary } = answer
        history.add({ kind: 'mend refused', ...mending, code, final: !temporary, attempt })
      }
      return answer
    })
    busy.delete(key)
  }

  return {
    edit: (chat: Chat) => mend(chat, false),
    delete: (chat: Chat) => mend(chat, true),

    async read(person: Person, chat: Chat): Promise<void> {
      const seq = random.between(Math.max(0, chat.lastSeq - 5), chat.lastSeq)
      history.add({ kind: 'read', user: person.id, chat: chat.id, seq })
      const answer = await random.pick(person.sessions).ask('read', { chatId: chat.id, seq })
      if (answer.ok) {
        const { lastReadSeq } = readMark.parse(answer.data)
        history.add({ kind: 'read acked', user: person.id, chat: chat.id, lastReadSeq })
      } else history.add({ kind: 'failed', what: 'read', code: answer.code })
    },

    async type(person: Person, chat: Chat): Promise<void> {
      await random.pick(person.sessions).ask('typing', { chatId: chat.id, active: random.chance(0.7) })
    },

    leaveChat(person: Person, chat: Chat): void {
      random.pick(person.sessions).leaveChat(chat.id)
    },
  }
}

export type Deeds = ReturnType<typeof createDeeds>
