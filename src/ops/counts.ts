import type { Figures } from '../ports/figures.js'

/** The counts of one node, each at 0: a series that is there from the start has a rate from the start. */
export function createCounts(): Omit<Figures, 'flushMessages' | 'flushSeconds' | 'fanOutSeconds'> {
  return {
    sessions: { raw: 0, socketio: 0 },
    framesReceived: { raw: frames(), socketio: frames() },
    framesSent: { raw: 0, socketio: 0 },
    sends: { ok: 0, duplicate: 0, ...errors() },
    errors: { raw: errors(), socketio: errors(), http: errors() },
    deliveries: { total: 0 },
    holes: { bus: 0, postgres: 0, sweep: 0 },
    joins: { join: joins(), resume: joins() },
    closes: { raw: closes(), socketio: closes() },
    slowReaders: { latched: 0, cut_off: 0 },
  }
}

const frames = (): Figures['framesReceived']['raw'] => ({
  join: 0,
  resume: 0,
  leave: 0,
  send: 0,
  edit: 0,
  delete: 0,
  read: 0,
  typing: 0,
  auth: 0,
  ping: 0,
  bad: 0,
})

const errors = (): Figures['errors']['http'] => ({
  bad_request: 0,
  unauthenticated: 0,
  token_expired: 0,
  forbidden: 0,
  not_a_member: 0,
  not_found: 0,
  chat_closed: 0,
  conflict: 0,
  too_large: 0,
  unsupported_type: 0,
  rate_limited: 0,
  internal: 0,
  attachments_disabled: 0,
  overloaded: 0,
})

const joins = (): Figures['joins']['join'] => ({ complete: 0, part: 0, reset: 0, refused: 0 })

const closes = (): Figures['closes']['raw'] => ({
  4001: 0,
  4002: 0,
  4003: 0,
  4004: 0,
  4400: 0,
  4401: 0,
  4403: 0,
  4408: 0,
  4429: 0,
  none: 0,
})
