import { createPeer } from './peer.js'

/** What a good engineer writes in a week with the usual parts. */
export const byHand = createPeer({
  id: 'by-hand',
  name: 'ws and Redis, by hand',
  dialect: 'parley',
  caveat: 'no order, no repair and no look for repeats',
  mostNodes: Number.POSITIVE_INFINITY,
  uses: { postgres: true, redis: true },

  prefix: 'by_hand',
  messages: {
    table: `
      create table by_hand_messages (
        id uuid primary key,
        chat_id text not null,
        sender_id text not null,
        content text not null,
        created_at timestamptz not null
      );
      create index on by_hand_messages (chat_id, created_at)`,
    fill: `
      insert into by_hand_messages (id, chat_id, sender_id, content, created_at)
      select gen_random_uuid(), chat_id, 'user-0', repeat('a word or two ', 7), now() + n * interval '1 ms'
      from unnest($1::text[]) as t(chat_id), generate_series(1, $2::integer) as n`,
  },
})
