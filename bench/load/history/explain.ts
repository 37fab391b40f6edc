import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engines } from '../../engines/engines.js'
import { withClient } from '../../engines/with-client.js'
import type { Door } from './doors.js'
import { readStatements, type Statement } from './plans.js'

/** More than it takes until Postgres thinks of a prepared statement's generic plan. */
const TIMES = 12

const EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
}

export interface Explained {
  readonly door: string
  readonly statements: readonly Statement[]
}

/** How Postgres runs what a node asks it at each of the doors: as it says itself, for a node of its own. */
export async function explainDoors(
  engines: Engines,
  token: string,
  doors: readonly Door[],
): Promise<Explained[]> {
  const { postgres } = engines
  await query(
    postgres.url,
    Object.entries(EXPLAIN).map(([name, value]) => `alter role postgres set ${name} = '${value}'`),
  )
  const node = await engines.startNode({ name: 'explained' })
  try {
    const headers = { authorization: `Bearer ${token}` }
    const explained: Explained[] = []
    for (const { name, path } of doors) {
      const log = join(engines.folder, 'postgres.log')
      const { size } = await stat(log)
      for (let time = 0; time < TIMES; time++) {
        const response = await fetch(`${node.http}${path(time)}`, { headers })
        if (!response.ok) throw new Error(`${name}: ${response.status}`)
        await response.arrayBuffer()
      }
      explained.push({ door: name, statements: readStatements(await textFrom(log, size), TIMES) })
    }
    return explained
  } finally {
    node.signal('SIGTERM')
    await node.ended
    await query(
      postgres.url,
      Object.keys(EXPLAIN).map((name) => `alter role postgres reset ${name}`),
    )
  }
}

async function query(url: string, statements: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

async function textFrom(path: string, position: number): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read({ buffer: Buffer.alloc(size - position), position })
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}
