import pg from 'pg'
import { z } from 'zod'
import type { ChatTruth } from '../judge/truth.js'

const count = z.coerce.number().int()

const messageRow = z.object({
  id: z.string(),
  seq: count,
  kind: z.string(),
  sender_id: z.string(),
  content: z.string(),
  client_id: z.string().nullable(),
  rev: count,
  changed_rev: count,
  created_at: z.date(),
  deleted_at: z.date().nullable(),
})

const eventRow = z.object({
  rev: count,
  kind: z.string(),
  seq: count.nullable(),
  detail: z.looseObject({ userId: z.string().optional() }),
})

const chatRow = z.object({ last_seq: count, last_rev: count })

/** The database itself, past every node: what is in it is the truth. */
export async function openDatabase(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  // Connections that a fault has ended are made anew when they are needed.
  pool.on('error', () => {})

  return {
    async lastRevs(): Promise<Map<string, number>> {
      const { rows } = await pool.query('SELECT id, last_rev FROM chats')
      const parsed = z.array(z.object({ id: z.string(), last_rev: count })).parse(rows)
      return new Map(parsed.map(({ id, last_rev }) => [id, last_rev]))
    },

    async chat(id: string): Promise<Pick<ChatTruth, 'lastSeq' | 'lastRev' | 'messages' | 'events'>> {
      const [chat, messages, events] = await Promise.all([
        pool.query('SELECT last_seq, last_rev FROM chats WHERE id = $1', [id]),
        pool.query('SELECT * FROM messages WHERE chat_id = $1 ORDER BY seq', [id]),
        pool.query('SELECT rev, kind, seq, detail FROM chat_events WHERE chat_id = $1 ORDER BY rev', [id]),
      ])
      const { last_seq: lastSeq, last_rev: lastRev } = chatRow.parse(chat.rows[0])
      return {
        lastSeq,
        lastRev,
        messages: z
          .array(messageRow)
          .parse(messages.rows)
          .map((row) => ({
            ...{ id: row.id, seq: row.seq, kind: row.kind, sender: row.sender_id, content: row.content },
            ...{ clientId: row.client_id, createdRev: row.rev, rev: row.changed_rev },
            createdAt: row.created_at.toISOString(),
            deletedAt: row.deleted_at?.toISOString() ?? null,
          })),
        events: z
          .array(eventRow)
          .parse(events.rows)
          .map(({ rev, kind, seq, detail }) => ({ rev, kind, seq: seq ?? undefined, userId: detail.userId })),
      }
    },

    close: () => pool.end(),
  }
}

export type Database = Awaited<ReturnType<typeof openDatabase>>
