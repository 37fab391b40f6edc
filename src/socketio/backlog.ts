import type { Socket } from 'socket.io'

/**
 * Counts the bytes that wait for one client: those that Engine.IO holds back, and those that it has given to its
 * transport, which says when the system has taken them.
 */
export function countBuffered(connection: Socket['conn']): () => number {
  let held = 0
  let given = 0
  connection.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
    held += data?.length ?? 0
  })
  connection.on('flush', () => {
    given = held
    held = 0
    connection.transport.once('drain', () => {
      given = 0
    })
  })
  return () => held + given
}
