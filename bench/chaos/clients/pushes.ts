import type { History } from '../record/history.js'
import type { Streams } from './streams.js'
import { activityPush, type Frame, messagePush, ofChatPush, seen, updatedPush } from './wire.js'

export interface PushOptions {
  readonly push: Frame
  readonly door: 'raw' | 'socketio'
  readonly node: number
  readonly streams: Streams
  readonly history: History
}

/** What a session does about a push: it writes it down, and moves on in the chat's stream. */
export function handlePush({ push, door, node, streams, history }: PushOptions): void {
  const { id: session, user } = streams
  switch (push.type) {
    case 'message':
    case 'message_edited':
    case 'message_deleted': {
      const { rev, message } = messagePush.parse(push)
      const { type } = push
      const said = door === 'raw' ? seen(message) : seen(message, null)
      history.add({ kind: 'pushed', session, user, chat: message.chatId, type, rev, seen: said, node })
      streams.moved(message.chatId, rev)
      return
    }
    case 'chat_updated': {
      const { rev, chat, change } = updatedPush.parse(push)
      history.add({ kind: 'pushed', session, user, chat: chat.id, type: change.type, rev, node })
      streams.moved(chat.id, rev)
      if (change.type === 'member_removed' && change.userId === user) streams.gone(chat.id)
      return
    }
    case 'chat_activity': {
      const { chatId, lastMessage } = activityPush.parse(push)
      history.add({ kind: 'activity', session, user, chat: chatId, rev: lastMessage.rev })
      return
    }
    case 'removed': {
      const { chatId } = ofChatPush.parse(push)
      if (streams.isLive(chatId)) streams.gone(chatId)
      return
    }
    case 'user_joined':
    case 'user_left':
    case 'presence':
    case 'typing':
    case 'read': {
      const { chatId } = ofChatPush.parse(push)
      history.add({ kind: 'signalled', session, user, chat: chatId, type: push.type })
    }
  }
}
