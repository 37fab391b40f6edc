import { ParleyError } from '../protocol/errors.js'
import type { Changed } from '../protocol/objects.js'
import type { ChatRow } from '../store/chats.js'
import type { ChangePoint, MessageRow } from '../store/messages.js'
import type { Store } from '../store/store.js'
import type { Caller } from './chats.js'
import type { CommitEvents, StoreTransaction } from './commit-events.js'
import { checkContent } from './content.js'
import { type MessageChange, messageEvent } from './events.js'
import type { Inbox } from './inbox.js'
import { toMessage } from './views.js'

interface EditsOptions {
  readonly store: Store
  readonly commitEvents: CommitEvents
  readonly inbox: Inbox
}

/** Judges the change, and makes it; answers the message as it was when it has been made already. */
type ChangeWork = (
  trx: StoreTransaction,
  found: { readonly chat: ChatRow; readonly message: MessageRow; readonly isOwn: boolean },
  point: ChangePoint,
) => Promise<MessageRow>

/** Messages that are said otherwise, or taken back. */
export function createEdits({ store, commitEvents, inbox }: EditsOptions) {
  async function change(
    { user, isService }: Caller,
    chatId: string,
    seq: number,
    kind: MessageChange,
    work: ChangeWork,
  ): Promise<Changed> {
    let rev = 0
    let isNewest = false
    await commitEvents(chatId, async (trx, chat, at) => {
      if (!isService && !(await store.members.has(trx, chatId, user.id)))
        throw new ParleyError('not_a_member')
      const message = seq < chat.first_seq ? undefined : await store.messages.find(trx, chatId, seq)
      if (message === undefined) throw new ParleyError('not_found')
      const isOwn = message.sender_id === user.id
      const changed = await work(trx, { chat, message, isOwn }, { rev: chat.last_rev + 1, at })
      rev = changed.changed_rev
      if (changed === message) return []
      isNewest = seq === chat.last_seq
      return [{ kind, seq, detail: {}, tell: () => messageEvent(toMessage(changed), rev, kind) }]
    })
    if (isNewest) inbox.touch(chatId)
    return { rev }
  }

  return {
    /**
     * Says one's own message otherwise, while the chat is open. A repeat, whose content the message has already, is
     * no event: it is answered with the message's last change.
     *
     * @throws ParleyError `not_a_member`, `not_found`, `forbidden`, `chat_closed`, `bad_request`, `too_large`;
     *   `conflict` for a message that is deleted
     */
    async edit(caller: Caller, chatId: string, seq: number, content: string): Promise<Changed> {
      // Whether it may be empty is known when the message is.
      checkContent(content, true)
      return await change(
        caller,
        chatId,
        seq,
        'message_edited',
        async (trx, { chat, message, isOwn }, point) => {
          if (!isOwn) throw new ParleyError('forbidden', 'Only the one who said it edits a message.')
          const isDeleted = message.deleted_at !== null
          if (!isDeleted && message.content === content) return message
          if (chat.closed_at !== null) throw new ParleyError('chat_closed')
          if (isDeleted) throw new ParleyError('conflict', 'The message is deleted.')
          checkContent(content, message.attachments !== null)
          return await store.messages.edit(trx, message, content, point)
        },
      )
    },

    /**
     * Takes a message back: one's own while the chat is open; any, at any time, for the marketplace's backend. What
     * it said is gone, and its attachments with it; its number stays. A repeat is answered with the first `rev`.
     *
     * @throws ParleyError `not_a_member`, `not_found`, `forbidden`, `chat_closed`
     */
    async delete(caller: Caller, chatId: string, seq: number): Promise<Changed> {
      return await change(
        caller,
        chatId,
        seq,
        'message_deleted',
        async (trx, { chat, message, isOwn }, point) => {
          if (!isOwn && !caller.isService)
            throw new ParleyError('forbidden', 'Only the one who said it deletes a message.')
          if (message.deleted_at !== null) return message
          if (chat.closed_at !== null && !caller.isService) throw new ParleyError('chat_closed')
          const attachments = message.attachments ?? []
          await store.attachments.removeNamed(
            trx,
            chatId,
            attachments.map(({ id }) => id),
          )
          return await store.messages.empty(trx, message, point)
        },
      )
    },
  }
}

export type Edits = ReturnType<typeof createEdits>
