import type { Pool } from 'pg'
import type { Message } from '../shared/frames.js'

/** What is kept. Statements have names, so that Postgres parses each once for a connection. */
export function createStore(pool: Pool) {
  return {
    async isMember(chatId: string, userId: string): Promise<boolean> {
      const { rowCount } = await pool.query({
        name: 'is-member',
        text: 'select from by_hand_members where chat_id = $1 and user_id = $2',
        values: [chatId, userId],
      })
      return rowCount === 1
    },

    /** False when the sender is no member: then nothing is kept. */
    async add({ id, chatId, sender, content, createdAt }: Message): Promise<boolean> {
      const { rowCount } = await pool.query({
        name: 'add',
        text: `insert into by_hand_messages (id, chat_id, sender_id, content, created_at)
               select $1, $2, $3, $4, $5
               where exists (select from by_hand_members where chat_id = $2 and user_id = $3)`,
        values: [id, chatId, sender.id, content, createdAt],
      })
      return rowCount === 1
    },
  }
}

export type Store = ReturnType<typeof createStore>
