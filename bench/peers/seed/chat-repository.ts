import { Injectable } from '@nestjs/common'
import type { Pool } from 'pg'

export interface ChatMessage {
  readonly id: string
  readonly chatId: string
  readonly senderId: string
  readonly content: string
  readonly timestamp: Date
  readonly attachments: readonly string[]
}

/** Statements have names, so that Postgres parses each once for a connection. */
@Injectable()
export class ChatRepository {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async isUserInChat(chatId: string, userId: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: 'is-user-in-chat',
      text: 'select from seed_members where chat_id = $1 and user_id = $2',
      values: [chatId, userId],
    })
    return rowCount === 1
  }

  async addMessage(message: ChatMessage): Promise<ChatMessage> {
    const { id, chatId, senderId, content, timestamp, attachments } = message
    await this.#pool.query({
      name: 'add-message',
      text: `insert into seed_messages (id, chat_id, sender_id, content, timestamp, attachments)
             values ($1, $2, $3, $4, $5, $6)`,
      values: [id, chatId, senderId, content, timestamp, JSON.stringify(attachments)],
    })
    return message
  }
}
