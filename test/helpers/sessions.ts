import { type Lifetime, Session } from '../../src/sessions/session.js'

export const BUFFER_BYTES = 1000

/** A session on a transport of the test's own: what it was told, and how much waits for its client. */
export function createSession(userId = 'ann', lifetime: Partial<Lifetime> = {}) {
  const told: string[] = []
  const client = { waiting: 0 }
  const session: Session = new Session(
    { id: userId, fullName: 'Ann' },
    {
      door: 'raw',
      send(frame) {
        told.push(`send ${frame}`)
        if (client.waiting > 0) session.isBehind(Buffer.byteLength(frame))
      },
      subscribe: (topic) => void told.push(`subscribe ${topic}`),
      unsubscribe: (topic) => void told.push(`unsubscribe ${topic}`),
      buffered: () => client.waiting,
      close: (reason) => void told.push(`close ${reason}`),
      terminate: () => void told.push('terminate'),
    },
    {
      bufferBytes: BUFFER_BYTES,
      backlog: () => void told.push('backlog'),
      latched: () => void told.push('latched'),
    },
    { expiresAt: new Date(8.64e15), silenceMs: undefined, ...lifetime },
  )
  return { session, told, client }
}
