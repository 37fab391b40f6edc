import type { Node } from '../../engines/node.js'
import { dialects } from '../../load/dialects/index.js'
import { WebSocketClient } from '../../load/generator/web-socket.js'

/** A session that counts what it hears, by the type of the frame. */
export interface Talker {
  say(frame: string): void
  /** How many frames of the type have come. */
  heard(type: string): number
  /** Bytes of the last frame of the type; undefined when none has come. */
  bytesOf(type: string): number | undefined
  close(): void
}

/** Resolves when it has got its `hello`. @throws when it is closed before */
export function connectOne(node: Pick<Node, 'raw'>, token: string, from: string): Promise<Talker> {
  const { hostname: host, port } = new URL(node.raw)
  const counts = new Map<string, number>()
  const sizes = new Map<string, number>()
  return new Promise((resolve, reject) => {
    const socket = new WebSocketClient(
      { host, port: Number(port), ...dialects.parley.handshake(token), from },
      {
        open: () => {},
        text(bytes, start, end) {
          const [, type = ''] = /^\{"type":"(\w+)"/.exec(bytes.toString('latin1', start, start + 40)) ?? []
          counts.set(type, (counts.get(type) ?? 0) + 1)
          sizes.set(type, end - start)
          if (type === 'hello') resolve(talker)
        },
        closed: (code) => reject(new Error(`a session was closed with ${code}`)),
      },
    )
    const talker: Talker = {
      say: (frame) => socket.send(frame),
      heard: (type) => counts.get(type) ?? 0,
      bytesOf: (type) => sizes.get(type),
      close: () => socket.close(),
    }
  })
}

export async function connectMany(
  node: Pick<Node, 'raw'>,
  tokens: readonly string[],
  atOnce: number,
): Promise<Talker[]> {
  const talkers: Talker[] = []
  for (let start = 0; start < tokens.length; start += atOnce) {
    const group = tokens.slice(start, start + atOnce)
    talkers.push(...(await Promise.all(group.map((token) => connectOne(node, token, '127.0.0.2')))))
  }
  return talkers
}
