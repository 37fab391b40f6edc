import { Agent, get } from 'node:http'
import type { Latency } from './generator/figures.js'
import { toLatency } from './generator/figures.js'
import { DurationTally } from './generator/tally.js'

export interface RestClients {
  readonly http: string
  /** Clients that ask for the next thing when they have the last one. */
  readonly clients: number
  readonly seconds: number
  /** What the how-manieth request asks for, and as whom. */
  readonly request: (index: number) => { readonly path: string; readonly token: string }
}

export interface Asked {
  readonly took: Latency
  /** Answers other than 200. */
  readonly refused: number
  readonly bytes: number
  readonly seconds: number
}

/** Clients with a connection each, that ask and ask again for so long. */
export async function askOverHttp({ http, clients, seconds, request }: RestClients): Promise<Asked> {
  const { hostname: host, port } = new URL(http)
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const tally = new DurationTally()
  const startedAt = performance.now()
  let [asked, refused, bytes] = [0, 0, 0]

  const ask = ({ path, token }: ReturnType<RestClients['request']>): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      get({ host, port, path, agent, headers }, (response) => {
        if (response.statusCode !== 200) refused += 1
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        response.once('end', resolve)
        response.once('error', reject)
      }).once('error', reject)
    })

  async function act(): Promise<void> {
    while (performance.now() - startedAt < seconds * 1000) {
      const begunAt = performance.now()
      await ask(request(asked++))
      tally.add((performance.now() - begunAt) * 1000)
    }
  }

  await Promise.all(Array.from({ length: clients }, act))
  agent.destroy()
  const took = toLatency(tally.toHistogram())
  return { took, refused, bytes, seconds: (performance.now() - startedAt) / 1000 }
}
