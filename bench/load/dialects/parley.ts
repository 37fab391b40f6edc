import { createHeard, type Dialect, numberAt, readStamp, stampedContent } from './dialect.js'

/** Parley's own frames (CONTRACT.md section 3); the peers that were written by hand speak them too. */

const heard = createHeard()
/** `{"type":"`, and what follows it. */
const TYPE = 9
const REPLY_REF = '{"type":"reply","ref":'.length
const LETTER = { e: 0x65, g: 0x67, h: 0x68, m: 0x6d, p: 0x70, quote: 0x22, r: 0x72 } as const

export const parley: Dialect = {
  handshake: (token) => ({ path: '/ws', headers: { Authorization: `Bearer ${token}` } }),
  join: (chat) => `{"type":"join","ref":"join","chatId":"${chat}"}`,
  resume: (chats, rev) =>
    JSON.stringify({
      type: 'resume',
      ref: 'join',
      chats: Object.fromEntries(chats.map((chat) => [chat, rev])),
    }),
  send: (chat, stamp) =>
    `{"type":"send","ref":${stamp.due},"chatId":"${chat}","clientId":"${stamp.clientId}","content":"${stampedContent(stamp)}"}`,

  acks: true,

  read(bytes, start) {
    heard.kind = 'other'
    const letter = bytes[start + TYPE]
    // "message", and not "message_edited".
    if (letter === LETTER.m && bytes[start + TYPE + 'message'.length] === LETTER.quote) {
      heard.kind = 'message'
      readStamp(bytes, start, heard)
    } else if (letter === LETTER.r && bytes[start + TYPE + 2] === LETTER.p) {
      if (bytes[start + REPLY_REF] === LETTER.quote) heard.kind = 'joined'
      else {
        heard.kind = 'ack'
        heard.due = numberAt(bytes, start + REPLY_REF)
      }
    } else if (letter === LETTER.h) heard.kind = 'ready'
    else if (letter === LETTER.e) heard.kind = 'refusal'
    return heard
  },
}
