import { createPeer } from './peer.js'

/** The text that the project began with, taken at its word. */
export const seed = createPeer({
  id: 'seed',
  name: 'the seed, literally',
  dialect: 'seed',
  caveat: 'no order, no repair and no answer to a send',
  mostNodes: Number.POSITIVE_INFINITY,
  uses: { postgres: true, redis: true },

  prefix: 'seed',
  messages: {
    table: `
      create table seed_messages (
        id uuid primary key,
        chat_id text not null,
        sender_id text not null,
        content text not null,
        timestamp timestamptz not null,
        attachments jsonb not null
      );
      create index on seed_messages (chat_id, timestamp)`,
    fill: `
      insert into seed_messages (id, chat_id, sender_id, content, timestamp, attachments)
      select gen_random_uuid(), chat_id, 'user-0', repeat('a word or two ', 7), now() + n * interval '1 ms', '[]'
      from unnest($1::text[]) as t(chat_id), generate_series(1, $2::integer) as n`,
  },
})
