import { CLOSE_CODES, mayReconnect } from './close-codes.js'
import { ERRORS } from './errors.js'
import * as limits from './limits.js'

/** What holds for every frame of the raw WebSocket, as Markdown: the tables are those of the code. */
export function socketRules(): string {
  return `
JSON text frames. A client frame asks, a *reply* or an *error* answers it by its \`ref\`, a *push* comes unasked.
Unknown fields are ignored, on both sides. The first push is \`hello\`.

Events are the pushes with a \`rev\` of their own: \`message\`, \`message_edited\`, \`message_deleted\`, \`chat_updated\`.
In each chat they are numbered 1, 2, 3, … with no hole and no repeat. After any absence \`join\` or \`resume\` with the last
\`rev\` brings what was missed; while an answer has \`complete: false\`, ask again from its \`rev\`; with \`reset: true\`, start over
from it. All other pushes are best effort.

A session without a good token is opened and closed at once with 4401. It ends with 4401 when its token does, unless
\`auth\` has brought a fresh one.

## Close codes

4000-4399: connect again, after a random wait. 4400-4499: mend something first.

| code | why | then |
|---|---|---|
${rows(Object.values(CLOSE_CODES), ({ code, reason }) => [
  `\`${code}\``,
  reason,
  mayReconnect(code) ? 'connect again' : 'mend first',
])}

## Errors

| code | temporary | message |
|---|---|---|
${rows(Object.entries(ERRORS), ([code, { temporary, message }]) => [
  `\`${code}\``,
  temporary ? 'yes' : 'no',
  message,
])}

A \`join\` that is \`not_a_member\` is followed by close 4403.

## Limits

| | |
|---|---|
${rows(LIMITS, ([what, most, then]) => [what, `${most}: ${then}`])}
`.trim()
}

const LIMITS = [
  ['a frame', `${limits.FRAME_BYTES} bytes`, '`too_large`'],
  ['a frame, before it is read', `${limits.FRAME_HARD_BYTES} bytes`, 'the connection ends (1006)'],
  ['`content`', `${limits.CONTENT_BYTES} bytes of UTF-8`, '`too_large`'],
  ['ids and `clientId`', `${limits.ID_LENGTH} characters`, '`bad_request`'],
  ['chats of one `resume`', `${limits.CHATS_PER_RESUME}`, '`bad_request`'],
  ['chats that a session has joined', `${limits.CHATS_PER_SESSION}`, '`conflict`'],
  ['frames under way', `${limits.FRAMES_IN_FLIGHT}`, '`rate_limited`'],
  ['a reply', `${limits.REPLY_BYTES} bytes`, 'messages are cut, `complete: false`'],
  ['members in a reply', `${limits.MEMBERS_IN_REPLY}`, 'the rest by REST'],
  ['bad frames', `${limits.BAD_FRAMES} in ${limits.BAD_FRAMES_WINDOW_MS / 1000} s`, 'close 4400'],
  ['silence of a client', `${limits.SILENCE_MS / 1000} s`, 'close 4004'],
  ['from the connection to its token', `${limits.HANDSHAKE_MS / 1000} s`, 'close 4408'],
] as const

function rows<T>(entries: readonly T[], cells: (entry: T) => readonly string[]): string {
  return entries.map((entry) => `| ${cells(entry).join(' | ')} |`).join('\n')
}
