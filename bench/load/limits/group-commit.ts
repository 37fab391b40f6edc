import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { withClient } from '../../engines/with-client.js'
import { chatName } from '../systems/world.js'

/** Messages of each statement. */
export const BATCH = 200
/** Chats of each writer; of all together where they write to the same. */
export const CHATS = 500
const CONTENT = 'a word or two '.repeat(7)

const tables = `
  drop table if exists limit_chats, limit_messages;
  create table limit_chats (id text primary key, last_seq bigint not null);
  create table limit_messages (
    chat_id text,
    seq bigint,
    id uuid not null,
    sender_id text not null,
    content text not null,
    created_at timestamptz not null,
    primary key (chat_id, seq)
  )`

/**
 * A batch in one statement: $1 the chats and $2 how many messages each gets; then of every message its chat, its place
 * among those, its id and its content. The rows of the chats are locked in order, so that no two writers wait for each
 * other.
 */
const write = `
  with locked as (
    select id from limit_chats where id = any($1::text[]) order by id for no key update
  ), moved as (
    update limit_chats set last_seq = last_seq + count
    from locked join unnest($1::text[], $2::integer[]) as t(chat_id, count) on chat_id = locked.id
    where limit_chats.id = locked.id
    returning limit_chats.id, last_seq - count as base
  )
  insert into limit_messages (chat_id, seq, id, sender_id, content, created_at)
  select chat_id, base + place, t.id, 'user-0', content, clock_timestamp()
  from unnest($3::text[], $4::integer[], $5::uuid[], $6::text[]) as t(chat_id, place, id, content)
  join moved on moved.id = chat_id`

/** So many writers, each on a connection of its own; they write until it is past `isOver`. Gives the messages kept. */
export async function commitInGroups(
  url: string,
  writers: number,
  onSameChats: boolean,
  isOver: () => boolean,
): Promise<number> {
  const counts = await Promise.all(
    Array.from({ length: writers }, (_, index) =>
      withClient(url, (client) => writeOn(client, onSameChats ? 0 : index * CHATS, isOver)),
    ),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Without a message; the plan is made for what comes. */
export async function makeTables(url: string, writers: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(tables)
    await client.query(
      `insert into limit_chats (id, last_seq) select 'chat-' || n, 0 from generate_series(0, $1) as n`,
      [writers * CHATS - 1],
    )
    await client.query('vacuum analyze limit_chats')
  })
}

/** @returns false where a message is missing, or a `seq` left out */
export async function isWhole(url: string, messages: number): Promise<boolean> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ kept: string; numbered: string }>(
      `select (select count(*) from limit_messages) as kept, (select sum(last_seq) from limit_chats) as numbered`,
    ),
  )
  return rows.every(({ kept, numbered }) => Number(kept) === messages && Number(numbered) === messages)
}

async function writeOn(client: pg.Client, firstChat: number, isOver: () => boolean): Promise<number> {
  let kept = 0
  for (let next = 0; !isOver(); next += BATCH) {
    const { rowCount } = await client.query({ name: 'write', text: write, values: batch(firstChat, next) })
    kept += rowCount ?? 0
  }
  return kept
}

/** The chats take turns. */
function batch(firstChat: number, next: number): unknown[] {
  const counts = new Map<string, number>()
  const [chats, places, ids]: [string[], number[], string[]] = [[], [], []]
  for (let at = next; at < next + BATCH; at++) {
    const chat = chatName(firstChat + (at % CHATS))
    const place = (counts.get(chat) ?? 0) + 1
    counts.set(chat, place)
    chats.push(chat)
    places.push(place)
    ids.push(randomUUID())
  }
  return [[...counts.keys()], [...counts.values()], chats, places, ids, ids.map(() => CONTENT)]
}
