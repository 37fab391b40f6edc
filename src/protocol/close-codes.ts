/**
 * Why a session was closed (CONTRACT.md section 3). The range tells a client what to do:
 * 4000-4399 reconnect, 4400-4499 mend something first.
 */
export const CLOSE_CODES = {
  goingAway: { code: 4001, reason: 'going away' },
  tooSlow: { code: 4002, reason: 'too slow a reader' },
  overloaded: { code: 4003, reason: 'overloaded' },
  heartbeatMissed: { code: 4004, reason: 'heartbeat missed' },
  badFrames: { code: 4400, reason: 'too many bad frames' },
  unauthenticated: { code: 4401, reason: 'token missing, bad or expired' },
  notAMember: { code: 4403, reason: 'not a member' },
  handshakeTimeout: { code: 4408, reason: 'handshake not finished' },
  tooManySessions: { code: 4429, reason: 'too many sessions' },
} as const

export type CloseReason = keyof typeof CLOSE_CODES

/** True for the codes after which a client should reconnect by itself. */
export function mayReconnect(code: number): boolean {
  return code >= 4000 && code < 4400
}
