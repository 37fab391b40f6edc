import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { createRandom, type Random } from '../../chaos/random.js'
import { numbers } from '../../load/worlds.js'

/** The service's own flush (`commit_at_once`, db/schema.sql), called as a node calls it, on tables of the service. */

export const CHATS = 20_000
const WORDS =
  'yes the parcel went out this morning you will have a number to follow it by when is it at my door blue size price'.split(
    ' ',
  )
const FLUSH = `select * from commit_at_once(
  $1, $2, true, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

/** Chats of two with ids such as the service gives them, and users such as a marketplace has. */
export async function makeChats(client: pg.Client): Promise<string[]> {
  await client.query('truncate chats, chat_members, messages, users, chat_events')
  const ids = numbers(CHATS).map(() => randomUUID())
  await client.query(
    `insert into users (id, full_name, named_at)
     select 'customer-' || n, 'Ann Customer ' || n, now() from generate_series(0, $1) as n`,
    [2 * CHATS - 1],
  )
  await client.query(
    `insert into chats (id, type, order_id, metadata, member_count, created_at)
     select id, 'order', 'order-' || place, '{}', 2, now() from unnest($1::text[]) with ordinality as t(id, place)`,
    [ids],
  )
  await client.query(
    `insert into chat_members (chat_id, user_id, role, last_read_seq, joined_at)
     select id, 'customer-' || (2 * place - 2 + side), 'customer', 0, now()
     from unnest($1::text[]) with ordinality as t(id, place), generate_series(0, 1) as side`,
    [ids],
  )
  await client.query('vacuum analyze')
  return ids
}

export interface Writer {
  /** Commits so many messages in one statement, each in a chat of its own. */
  flush(messages: number): Promise<void>
}

/** Messages of so many characters to chats that a seed decides, said by either of their two. */
export function createWriter(client: pg.Client, chats: readonly string[], contentBytes: number): Writer {
  const random = createRandom(contentBytes)
  return {
    async flush(messages) {
      const places = pickSome(random, messages, chats.length)
      const items = places.map((_, index) => index + 1)
      const ones = items.map(() => 1)
      const users = places.map((place) => `customer-${2 * place + random.between(0, 1)}`)
      const ids = items.map(() => randomUUID())
      await client.query({
        name: 'flush',
        text: FLUSH,
        values: [
          places.map((place) => chats[place]),
          ...[ones, items, users, ones, items.map(() => false), items, ones, ids, users],
          items.map(() => randomUUID()),
          items.map(() => contentOf(random, contentBytes)),
          items.map(() => 'user'),
          items.map(() => null),
        ],
      })
    },
  }
}

/** Different ones. */
function pickSome(random: Random, count: number, of: number): number[] {
  const picked = new Set<number>()
  while (picked.size < count) picked.add(random.between(0, of - 1))
  return [...picked]
}

function contentOf(random: Random, bytes: number): string {
  let text = ''
  while (text.length < bytes) text += `${random.pick(WORDS)} `
  return text.slice(0, bytes)
}
