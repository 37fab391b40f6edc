import { createHeard, type Dialect, readStamp, stampedContent } from './dialect.js'

/**
 * Socket.IO's packets for the seed's events. The seed answers nothing to a join or a message: what a client goes by
 * is the broadcast, which it gets too.
 */

const NAMESPACE = '/chat,'
const EVENT = `42${NAMESPACE}["`.length
const DIGIT = { 0: 0x30, 2: 0x32, 4: 0x34 } as const
const LETTER = { m: 0x6d, u: 0x75 } as const
const USER = Buffer.from('"userId":"user-')

const heard = createHeard()

export const seed: Dialect = {
  handshake: () => ({ path: '/socket.io/?EIO=4&transport=websocket', headers: {} }),
  greeting: (token) => `40${NAMESPACE}{"token":"${token}"}`,
  join: (chat) => `42${NAMESPACE}["join",{"chatId":"${chat}"}]`,
  send: (chat, stamp) =>
    `42${NAMESPACE}["chat message",{"chatId":"${chat}","content":"${stampedContent(stamp)}"}]`,
  pong: '3',
  acks: false,

  read(bytes, start, user) {
    heard.kind = 'other'
    const [first, second] = [bytes[start], bytes[start + 1]]
    if (first === DIGIT[2]) heard.kind = 'ping'
    else if (first === DIGIT[4] && second === DIGIT[0]) heard.kind = 'ready'
    else if (first === DIGIT[4] && second === DIGIT[4]) heard.kind = 'refusal'
    else if (first === DIGIT[4] && second === DIGIT[2]) {
      const letter = bytes[start + EVENT]
      if (letter === LETTER.m) {
        readStamp(bytes, start, heard)
        heard.kind = 'message'
      } else if (letter === LETTER.u) {
        const own = bytes.indexOf(USER, start) + USER.length
        if (bytes.toString('latin1', own, own + String(user).length + 1) === `${user}"`) heard.kind = 'joined'
      }
    }
    return heard
  },
}
